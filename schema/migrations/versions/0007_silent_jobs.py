"""open jobs in the order in which their workflows were last heard of

Revision: 0007
After: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_jobs_open_heard_at",
        "jobs",
        [sa.text("coalesce(projected_at, started_at)"), "id"],
        postgresql_where=sa.text("status not in ('completed', 'cancelled') and deleted_at is null"),
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_open_heard_at", table_name="jobs")
