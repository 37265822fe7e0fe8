"""what is asked of a job: by when, how urgently, in which words; and the indexes of its search and orders

Revision: 0010
After: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0011"
branch_labels = None
depends_on = None

_SEPARATORS = "_./-@&+~<>#,"
_SEARCHED = (
    "to_tsvector('simple'::regconfig, translate((((((title)::text || ' '::text) || (filename)::text) || ' '::text) "
    f"|| (reference)::text), '{_SEPARATORS}'::text, '{' ' * len(_SEPARATORS)}'::text))"
)
_DUE_ORDER = "COALESCE(due_at, '9999-12-31 00:00:00+00'::timestamp with time zone)"
_KEPT = "deleted_at is null"
_SCOPES = ((), ("org_id",), ("client_id",), ("project_id",))
_ORDERS = (
    ("due_order", "due_order", _KEPT),
    ("reference", "reference", _KEPT),
    ("rush", "created_at", f"{_KEPT} and priority = 'rush'"),
)
_NEW = ("client_notes", "due_at", "priority", "reference", "labels", "style")


def _columns(*, required: bool) -> list[sa.Column[object]]:
    """Of a job, which has them all; of an upload, which may say some."""

    def column(name: str, kind: sa.types.TypeEngine[object], default: str) -> sa.Column[object]:
        return sa.Column(name, kind, server_default=default if required else None, nullable=not required)

    urgency = sa.Enum("normal", "rush", name="urgency", native_enum=False, length=48)
    return [
        column("client_notes", sa.String(10_000), ""),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        column("priority", urgency, "normal"),
        column("reference", sa.String(200), ""),
        column("labels", sa.ARRAY(sa.String(60)), "{}"),
        column("style", sa.String(10_000), ""),
    ]


def upgrade() -> None:
    for column in _columns(required=True):
        op.add_column("jobs", column)
    for column in _columns(required=False):
        op.add_column("uploads", column)
    op.add_column(
        "jobs",
        sa.Column(
            "due_order", sa.DateTime(timezone=True), sa.Computed(_DUE_ORDER, persisted=True), nullable=True
        ),
    )
    op.add_column(
        "jobs",
        sa.Column("search", postgresql.TSVECTOR(), sa.Computed(_SEARCHED, persisted=True), nullable=True),
    )
    op.create_table(
        "departures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"],
            ["organizations.id"],
            name=op.f("fk_departures_org_id_organizations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_departures_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departures")),
        sa.UniqueConstraint("org_id", "user_id", name=op.f("uq_departures_org_id_user_id")),
    )
    op.create_index(op.f("ix_departures_user_id"), "departures", ["user_id"])
    for name in ("edited_at", "deleted_at"):
        op.add_column("qc_comments", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("qc_comments", sa.Column("resolved_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "fk_qc_comments_resolved_by_users",
        "qc_comments",
        "users",
        ["resolved_by"],
        ["id"],
        ondelete="RESTRICT",
    )
    for scope in _SCOPES:
        for name, order, where in _ORDERS:
            op.create_index(
                f"ix_jobs_list_{'_'.join((*scope, name))}",
                "jobs",
                [*scope, "status", order, "id"],
                postgresql_where=sa.text(where),
            )
    op.create_index("ix_jobs_search", "jobs", ["search"], postgresql_using="gin")
    op.create_index("ix_jobs_labels", "jobs", ["labels"], postgresql_using="gin")
    op.create_index(
        "ix_jobs_languages",
        "jobs",
        [sa.text("(requested_outputs -> 'languages'::text)")],
        postgresql_using="gin",
    )
    op.create_index("ix_jobs_reference", "jobs", ["reference"], postgresql_where=sa.text("reference <> ''"))
    op.create_index(
        "ix_job_languages_queue_nobody",
        "job_languages",
        ["job_id"],
        postgresql_where=sa.text("stage = 'language_qc' and qc_state = 'unassigned'"),
    )
    for person in ("linguist_id", "reviewer_id"):
        op.create_index(
            f"ix_job_languages_source_{person}",
            "job_languages",
            [person],
            postgresql_where=sa.text("is_source"),
        )
    op.create_index("ix_jobs_source_language", "jobs", ["source_language"])
    op.create_index(
        "ix_jobs_completed_at", "jobs", ["completed_at"], postgresql_where=sa.text("completed_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_table("departures")
    op.drop_constraint("fk_qc_comments_resolved_by_users", "qc_comments", type_="foreignkey")
    for name in ("edited_at", "deleted_at", "resolved_by"):
        op.drop_column("qc_comments", name)
    op.drop_index("ix_job_languages_queue_nobody", table_name="job_languages")
    for person in ("linguist_id", "reviewer_id"):
        op.drop_index(f"ix_job_languages_source_{person}", table_name="job_languages")
    for name in ("search", "reference", "labels", "languages", "source_language", "completed_at"):
        op.drop_index(f"ix_jobs_{name}", table_name="jobs")
    for scope in _SCOPES:
        for name, _, _ in _ORDERS:
            op.drop_index(f"ix_jobs_list_{'_'.join((*scope, name))}", table_name="jobs")
    op.drop_column("jobs", "search")
    op.drop_column("jobs", "due_order")
    for name in _NEW:
        op.drop_column("uploads", name)
        op.drop_column("jobs", name)
