"""an index by which the jobs of a place that hold a common word are counted

Revision: 0025
After: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_jobs_counted",
        "jobs",
        ["org_id", "client_id", "project_id"],
        postgresql_include=["status", "search"],
        postgresql_where=sa.text(
            "deleted_at is null and octet_length(title) + octet_length(filename) + octet_length(reference) <= 600"
        ),
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_counted", table_name="jobs")
