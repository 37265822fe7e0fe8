"""failures keep their time, whatever is decided about a failed job later

Both tables are locked until the end: nobody reads or writes them while failed rows are filled in and two small indexes
are built, each by a scan of its table: five seconds for a million jobs, of which ten thousand had failed.

Revision: 0030
After: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_INDEXES = {
    "jobs": (
        ["org_id", "client_id", "id"],
        ["projected_at", "updated_at"],
        "status = 'failed' and deleted_at is null",
    ),
    "job_languages": (["job_id"], ["projected_at"], "stage = 'failed'"),
}
_TOLD = ["failed_step", "failed_code"]


def upgrade() -> None:
    for table in _INDEXES:
        op.add_column(table, sa.Column("failed_at", sa.DateTime(timezone=True)))
    op.execute(
        """
        update jobs set failed_at = (
            select max(created_at) from job_failures where job_id = jobs.id and language is null
        ) where status = 'failed' and failed_step is not null
        """
    )
    op.execute(
        """
        update job_languages set failed_at = (
            select max(created_at) from job_failures
            where job_id = job_languages.job_id and language = job_languages.language
        ) where stage = 'failed'
        """
    )
    _index_again([*_TOLD, "failed_at"])


def downgrade() -> None:
    _index_again(_TOLD)
    for table in _INDEXES:
        op.drop_column(table, "failed_at")


def _index_again(told: list[str]) -> None:
    for table, (columns, times, where) in _INDEXES.items():
        op.drop_index(f"ix_{table}_failed", table_name=table)
        op.create_index(
            f"ix_{table}_failed",
            table,
            columns,
            postgresql_include=[*told, *times],
            postgresql_where=sa.text(where),
        )
