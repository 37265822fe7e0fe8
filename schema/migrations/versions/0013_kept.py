"""the audit log by time, by whom and of what; what is measured of work;
and what failed

Revision: 0013
After: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0008"
branch_labels = None
depends_on = None

_GONE = ("source_gone_at", "renders_gone_at", "texts_gone_at")
_KEEP = ("keep_source_days", "keep_renders_days", "keep_texts_days")
_SECURITY = "(security or split_part(action, '.', 1) in ('auth', 'user', 'member', 'invitation', 'audit'))"


def upgrade() -> None:
    for column in ("created_at", "actor_id", "thing_id"):
        op.drop_index(f"ix_audit_log_{column}", table_name="audit_log")
    op.create_index("ix_audit_log_created_at", "audit_log", ["created_at", "id"])
    op.create_index("ix_audit_log_actor_id", "audit_log", ["actor_id", "created_at", "id"])
    op.create_index("ix_audit_log_thing_id", "audit_log", ["thing_id", "created_at", "id"])
    op.create_index(
        "ix_audit_log_security", "audit_log", ["created_at", "id"], postgresql_where=sa.text(_SECURITY)
    )
    _measures()
    _failures()
    deleted = sa.text("deleted_at is not null")
    op.create_index("ix_jobs_deleted_at", "jobs", ["deleted_at", "id"], postgresql_where=deleted)
    op.create_index(
        "ix_jobs_org_id_deleted_at", "jobs", ["org_id", "deleted_at", "id"], postgresql_where=deleted
    )
    op.create_index("ix_jobs_source_object", "jobs", ["source_object"])
    op.create_index("ix_assets_object_name", "assets", ["object_name"])
    for name in _GONE:
        op.add_column("jobs", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("jobs", sa.Column("leaving", sa.String(length=16), nullable=True))
    op.create_index("ix_jobs_leaving", "jobs", ["id"], postgresql_where=sa.text("leaving is not null"))
    for name in _KEEP:
        op.add_column("clients", sa.Column(name, sa.Integer(), nullable=True))
    for name in ("archived_at", "purging_at"):
        op.add_column("clients", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def _failures() -> None:
    op.create_table(
        "job_failures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("step", sa.String(length=48), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_job_failures_job_id_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_job_failures"),
    )
    op.create_index("ix_job_failures_job_id", "job_failures", ["job_id", "created_at", "id"])


def _measures() -> None:
    op.create_table(
        "step_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=35), server_default="", nullable=False),
        sa.Column("step", sa.String(length=48), nullable=False),
        sa.Column("activity", sa.String(length=64), nullable=False),
        sa.Column("waited_ms", sa.BigInteger(), nullable=False),
        sa.Column("took_ms", sa.BigInteger(), nullable=False),
        sa.Column("reused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_step_runs_job_id_jobs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_step_runs"),
    )
    op.create_index("ix_step_runs_made", "step_runs", ["ended_at", "job_id"])
    op.create_index("ix_step_runs_job_id", "step_runs", ["job_id", "language", "activity", "ended_at"])
    op.create_table(
        "text_measures",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cues", sa.Integer(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("cues_changed", sa.Integer(), nullable=False),
        sa.Column("drafted", sa.Boolean(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_text_measures_job_id_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "language", "kind", name="pk_text_measures"),
    )
    op.create_index("ix_text_measures_measured_at", "text_measures", ["measured_at", "job_id"])


def downgrade() -> None:
    for name in ("purging_at", "archived_at", *_KEEP):
        op.drop_column("clients", name)
    op.drop_index("ix_jobs_leaving", table_name="jobs")
    for name in ("leaving", *_GONE):
        op.drop_column("jobs", name)
    op.drop_index("ix_assets_object_name", table_name="assets")
    for name in ("source_object", "org_id_deleted_at", "deleted_at"):
        op.drop_index(f"ix_jobs_{name}", table_name="jobs")
    op.drop_table("job_failures")
    op.drop_table("text_measures")
    op.drop_table("step_runs")
    for name in ("security", "thing_id", "actor_id", "created_at"):
        op.drop_index(f"ix_audit_log_{name}", table_name="audit_log")
    for column in ("created_at", "actor_id", "thing_id"):
        op.create_index(f"ix_audit_log_{column}", "audit_log", [column])
