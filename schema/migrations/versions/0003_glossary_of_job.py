"""the glossary version of a job

Revision: 0003
After: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("glossary_version_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_jobs_glossary_version_id"), "jobs", ["glossary_version_id"])
    op.create_foreign_key(
        op.f("fk_jobs_glossary_version_id_glossary_versions"),
        "jobs",
        "glossary_versions",
        ["glossary_version_id"],
        ["id"],
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    op.drop_column("jobs", "glossary_version_id")
