"""jobs are counted from indexes alone, their failures too, and found together with the place where they are

The table of jobs is written anew, with its indexes: minutes for a million of them, in which nobody reads it.

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

_TOLD = {"failed_step": "failure ->> 'step'", "failed_code": "left(failure ->> 'code', 64)"}
_OF_TABLE = {"jobs": "case when failure ->> 'language' is null then {} end", "job_languages": "{}"}
_FAILED = sa.text("stage = 'failed'")
_LANGUAGES = "(requested_outputs -> 'languages')"
_PLACED = "(array[org_id::text, client_id::text, project_id::text])"
_FOUND = {"search": "search", "labels": "labels", "languages": _LANGUAGES}
"""Each by an index of its own, until now."""
_SHORT = "octet_length(title) + octet_length(filename) + octet_length(reference) <= 600"


def upgrade() -> None:
    for name in _FOUND:
        op.drop_index(f"ix_jobs_{name}", table_name="jobs")
    for table, made in _OF_TABLE.items():
        columns = (
            f"add column {name} text generated always as ({made.format(told)}) stored"
            for name, told in _TOLD.items()
        )
        op.execute(f"alter table {table} {', '.join(columns)}")
    op.create_index(
        "ix_jobs_found",
        "jobs",
        [*map(sa.text, _FOUND.values()), sa.text(_PLACED)],
        postgresql_using="gin",
    )
    op.create_index(
        "ix_jobs_counted",
        "jobs",
        ["org_id", "client_id", "project_id"],
        postgresql_include=["status", "search"],
        postgresql_where=sa.text(f"deleted_at is null and {_SHORT}"),
    )
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
    for name in ("failed", "counted", "found"):
        op.drop_index(f"ix_jobs_{name}", table_name="jobs")
    for table in _OF_TABLE:
        for name in _TOLD:
            op.drop_column(table, name)
    for name, column in _FOUND.items():
        op.create_index(f"ix_jobs_{name}", "jobs", [sa.text(column)], postgresql_using="gin")
