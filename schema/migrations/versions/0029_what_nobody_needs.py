"""uploads that others took the place of, and what has ended, are found by an index

Revision: 0029
After: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("uploads", sa.Column("unused_since", sa.DateTime(timezone=True)))
    op.add_column("uploads", sa.Column("unused_by", sa.Uuid()))
    op.create_index(
        "ix_uploads_unused_since", "uploads", ["unused_since"], postgresql_where=sa.text("unused_since is not null")
    )
    op.create_index(
        "ix_mails_ended",
        "mails",
        ["created_at"],
        postgresql_where=sa.text("(sent_at is not null or dropped_at is not null)"),
    )
    op.create_index(
        "ix_batches_finished_at", "batches", ["finished_at"], postgresql_where=sa.text("finished_at is not null")
    )


def downgrade() -> None:
    op.drop_index("ix_batches_finished_at", table_name="batches")
    op.drop_index("ix_mails_ended", table_name="mails")
    op.drop_index("ix_uploads_unused_since", table_name="uploads")
    op.drop_column("uploads", "unused_by")
    op.drop_column("uploads", "unused_since")
