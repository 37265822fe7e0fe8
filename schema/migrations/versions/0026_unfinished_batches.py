"""batches that have not ended are found by an index

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


def upgrade() -> None:
    op.create_index(
        "ix_batches_unfinished",
        "batches",
        ["started_at"],
        postgresql_where=sa.text("finished_at is null"),
    )


def downgrade() -> None:
    op.drop_index("ix_batches_unfinished", table_name="batches")
