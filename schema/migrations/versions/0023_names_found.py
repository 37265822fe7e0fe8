"""organisations, clients and projects are found by the words of their names; projects are listed from indexes

Revision: 0023
After: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_SEPARATORS = "_./-@&+~<>#,"
_WORDS = (
    f"to_tsvector('simple'::regconfig, translate((name_key)::text, '{_SEPARATORS}'::text, "
    f"'{' ' * len(_SEPARATORS)}'::text))"
)
_NAMED = ("organizations", "clients", "projects")
_ORDERS = {"name": "name_key", "created_at": "created_at"}


def upgrade() -> None:
    for table in _NAMED:
        column = sa.Column("search", postgresql.TSVECTOR(), sa.Computed(_WORDS, persisted=True), nullable=True)
        op.add_column(table, column)
        op.create_index(f"ix_{table}_search", table, ["search"], postgresql_using="gin")
    for order, column_name in _ORDERS.items():
        op.create_index(
            f"ix_projects_list_{order}",
            "projects",
            [column_name, "id"],
            postgresql_where=sa.text("deleted_at IS NULL"),
        )


def downgrade() -> None:
    for order in _ORDERS:
        op.drop_index(f"ix_projects_list_{order}", table_name="projects")
    for table in _NAMED:
        op.drop_index(f"ix_{table}_search", table_name=table)
        op.drop_column(table, "search")
