"""one inverted index of what jobs are found by, and of the places where they are

Revision: 0027
After: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_LANGUAGES = "(requested_outputs -> 'languages')"
_PLACED = "(array[org_id::text, client_id::text, project_id::text])"
_BEFORE = {"search": "search", "labels": "labels", "languages": _LANGUAGES}


def upgrade() -> None:
    op.create_index(
        "ix_jobs_found",
        "jobs",
        ["search", "labels", sa.text(_LANGUAGES), sa.text(_PLACED)],
        postgresql_using="gin",
    )
    for name in _BEFORE:
        op.drop_index(f"ix_jobs_{name}", table_name="jobs")


def downgrade() -> None:
    for name, column in _BEFORE.items():
        op.create_index(f"ix_jobs_{name}", "jobs", [sa.text(column)], postgresql_using="gin")
    op.drop_index("ix_jobs_found", table_name="jobs")
