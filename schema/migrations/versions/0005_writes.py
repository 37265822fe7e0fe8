"""what a write keeps: of an upload, of a sign-in, and nothing secret of a repeated request

Revision: 0005
After: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "briefs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(400), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_briefs_client_id_clients"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefs")),
    )
    op.create_index(op.f("ix_briefs_client_id"), "briefs", ["client_id"])
    op.execute("update jobs set brief_id = null")  # there were no briefs: whatever was named never existed
    op.create_index(op.f("ix_jobs_brief_id"), "jobs", ["brief_id"])
    op.create_foreign_key(
        op.f("fk_jobs_brief_id_briefs"), "jobs", "briefs", ["brief_id"], ["id"], ondelete="RESTRICT"
    )

    op.add_column("uploads", sa.Column("title", sa.String(400), nullable=True))
    op.add_column("uploads", sa.Column("notes", sa.String(10_000), nullable=True))
    op.add_column("uploads", sa.Column("project_id", sa.Uuid(), nullable=True))
    op.add_column("uploads", sa.Column("brief_id", sa.Uuid(), nullable=True))

    op.add_column("job_languages", sa.Column("review_due_at", sa.DateTime(timezone=True), nullable=True))

    op.add_column("refresh_tokens", sa.Column("epoch", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "update refresh_tokens set epoch = users.epoch from users where users.id = refresh_tokens.user_id"
    )
    op.execute("delete from idempotency_keys where response -> 'body' ? 'upload_url'")


def downgrade() -> None:
    op.drop_column("refresh_tokens", "epoch")
    op.drop_column("job_languages", "review_due_at")
    for column in ("title", "notes", "project_id", "brief_id"):
        op.drop_column("uploads", column)
    op.drop_constraint(op.f("fk_jobs_brief_id_briefs"), "jobs", type_="foreignkey")
    op.drop_index(op.f("ix_jobs_brief_id"), "jobs")
    op.drop_table("briefs")
