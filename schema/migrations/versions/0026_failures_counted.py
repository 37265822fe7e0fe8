"""the step and the code of failures in columns, with indexes by which they are counted

Revision: 0026
After: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_TOLD = {"failed_step": "failure ->> 'step'", "failed_code": "left(failure ->> 'code', 64)"}
_FAILED = sa.text("stage = 'failed'")


def upgrade() -> None:
    for table, made in (("jobs", "case when failure ->> 'language' is null then {} end"), ("job_languages", "{}")):
        columns = (
            f"add column {name} text generated always as ({made.format(told)}) stored"
            for name, told in _TOLD.items()
        )
        op.execute(f"alter table {table} {', '.join(columns)}")
    op.create_index(
        "ix_jobs_failed",
        "jobs",
        ["org_id", "client_id", "id"],
        postgresql_include=[*_TOLD, "projected_at", "updated_at"],
        postgresql_where=sa.text("status = 'failed' and deleted_at is null"),
    )
    op.drop_index("ix_job_languages_failed", table_name="job_languages")
    op.create_index(
        "ix_job_languages_failed",
        "job_languages",
        ["job_id"],
        postgresql_include=[*_TOLD, "projected_at"],
        postgresql_where=_FAILED,
    )


def downgrade() -> None:
    op.drop_index("ix_job_languages_failed", table_name="job_languages")
    op.create_index("ix_job_languages_failed", "job_languages", ["job_id"], postgresql_where=_FAILED)
    op.drop_index("ix_jobs_failed", table_name="jobs")
    for table in ("jobs", "job_languages"):
        for name in _TOLD:
            op.drop_column(table, name)
