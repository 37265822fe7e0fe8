"""indexes of the lists of users and clients, and the words by which users are found

Revision: 0021
After: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_SEPARATORS = "_./-@&+~<>#,"
_SEARCHED = (
    "to_tsvector('simple'::regconfig, translate((((name)::text || ' '::text) || (email)::text), "
    f"'{_SEPARATORS}'::text, '{' ' * len(_SEPARATORS)}'::text))"
)
_ORDERS = ("email", "name", "created_at")
_OF_CLIENTS = {"name": "name_key", "created_at": "created_at"}


def upgrade() -> None:
    op.add_column(
        "users",
        sa.Column("search", postgresql.TSVECTOR(), sa.Computed(_SEARCHED, persisted=True), nullable=True),
    )
    op.create_index("ix_users_search", "users", ["search"], postgresql_using="gin")
    for order in _ORDERS:
        op.create_index(
            f"ix_users_list_{order}",
            "users",
            [order, "id"],
            postgresql_where=sa.text("deleted_at is null"),
        )
    op.create_index("ix_users_role", "users", ["role"], postgresql_where=sa.text("deleted_at IS NULL"))
    op.create_index(
        "ix_users_disabled_at",
        "users",
        ["disabled_at"],
        postgresql_where=sa.text("disabled_at IS NOT NULL"),
    )
    for order, column in _OF_CLIENTS.items():
        op.create_index(
            f"ix_clients_list_{order}",
            "clients",
            [column, "id"],
            postgresql_where=sa.text("deleted_at IS NULL"),
        )


def downgrade() -> None:
    for order in _OF_CLIENTS:
        op.drop_index(f"ix_clients_list_{order}", table_name="clients")
    op.drop_index("ix_users_disabled_at", table_name="users")
    op.drop_index("ix_users_role", table_name="users")
    for order in _ORDERS:
        op.drop_index(f"ix_users_list_{order}", table_name="users")
    op.drop_index("ix_users_search", table_name="users")
    op.drop_column("users", "search")
