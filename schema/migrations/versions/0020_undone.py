"""languages that are not done, by who works on them

Revision: 0020
After: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None

_PEOPLE = ("linguist_id", "reviewer_id")


def upgrade() -> None:
    for person in _PEOPLE:
        op.create_index(
            f"ix_job_languages_undone_{person}",
            "job_languages",
            [person],
            postgresql_where=sa.text("stage not in ('ready', 'removed')"),
        )


def downgrade() -> None:
    for person in _PEOPLE:
        op.drop_index(f"ix_job_languages_undone_{person}", table_name="job_languages")
