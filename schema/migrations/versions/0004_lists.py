"""the indexes of lists, and findings beside the version that they are of

Revision: 0004
After: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEPT = sa.text("deleted_at is null")
_AT_WORK = sa.text("stage = 'language_qc'")
_SCOPES = ((), ("org_id",), ("client_id",), ("project_id",))
_ORDERS = ("created_at", "updated_at", "title")


def upgrade() -> None:
    for scope in _SCOPES:
        for order in _ORDERS:
            name = f"ix_jobs_list_{'_'.join((*scope, order))}"
            op.create_index(name, "jobs", [*scope, "status", order, "id"], postgresql_where=_KEPT)
    op.drop_index("ix_jobs_org_id_created_at", "jobs")
    op.drop_index("ix_jobs_client_id_created_at", "jobs")
    op.drop_index("ix_jobs_status_created_at", "jobs")
    op.drop_index("ix_jobs_project_id", "jobs")
    for person in ("linguist_id", "reviewer_id"):
        op.create_index(
            f"ix_job_languages_queue_{person}", "job_languages", [person], postgresql_where=_AT_WORK
        )
    op.create_index("ix_qc_comments_list", "qc_comments", ["job_id", "language", "created_at", "id"])
    op.drop_index("ix_qc_comments_job_id_language", "qc_comments")
    op.create_table(
        "text_findings",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("basis_hash", sa.String(length=64), nullable=False),
        sa.Column("cues", sa.Integer(), nullable=False),
        sa.Column("blocking", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("findings", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["text_versions.id"],
            name=op.f("fk_text_findings_version_id_text_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_text_findings")),
    )


def downgrade() -> None:
    op.drop_table("text_findings")
    op.create_index("ix_qc_comments_job_id_language", "qc_comments", ["job_id", "language"])
    op.drop_index("ix_qc_comments_list", "qc_comments")
    for person in ("linguist_id", "reviewer_id"):
        op.drop_index(f"ix_job_languages_queue_{person}", "job_languages")
    op.create_index("ix_jobs_project_id", "jobs", ["project_id"])
    op.create_index("ix_jobs_status_created_at", "jobs", ["status", "created_at"])
    op.create_index("ix_jobs_client_id_created_at", "jobs", ["client_id", "created_at"])
    op.create_index("ix_jobs_org_id_created_at", "jobs", ["org_id", "created_at"])
    for scope in _SCOPES:
        for order in _ORDERS:
            op.drop_index(f"ix_jobs_list_{'_'.join((*scope, order))}", "jobs")
