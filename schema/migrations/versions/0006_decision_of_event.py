"""the decision that an event tells of

Revision: 0006
After: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job_events", sa.Column("decision_id", sa.String(length=200), nullable=True))
    op.create_index(
        "ix_job_events_decision_id",
        "job_events",
        ["job_id", "decision_id"],
        postgresql_where=sa.text("decision_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_job_events_decision_id", table_name="job_events")
    op.drop_column("job_events", "decision_id")
