"""languages that have failed have an index

Revision: 0024
After: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_job_languages_failed", "job_languages", ["job_id"], postgresql_where=sa.text("stage = 'failed'")
    )


def downgrade() -> None:
    op.drop_index("ix_job_languages_failed", table_name="job_languages")
