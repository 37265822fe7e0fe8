"""The base of every row, and Postgres column types."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = SQLModel.metadata
TIME: Any = sa.DateTime(timezone=True)


def now() -> datetime:
    """The time in UTC, with its zone."""
    return datetime.now(UTC)


def json_column(default: str = "{}") -> Any:
    """A JSONB column that is never null."""
    return sa.Column(JSONB, nullable=False, server_default=sa.text(f"'{default}'::jsonb"))


def maybe_json_column() -> Any:
    return sa.Column(JSONB(none_as_null=True), nullable=True)


def time_column(*, nullable: bool = False, index: bool = False) -> Any:
    return sa.Column(
        sa.DateTime(timezone=True),
        nullable=nullable,
        index=index,
        server_default=None if nullable else sa.func.now(),
    )


def name_key(name: str) -> str:
    """The key under which two names are the same: trimmed, NFC, and case-folded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).casefold())


def keep_name_key(*tables: type[SQLModel]) -> None:
    """Sets the `name_key` of rows of `tables` from their `name`. A bulk statement has to set it itself."""
    for table in tables:
        event.listen(table, "before_insert", _set_name_key)
        event.listen(table, "before_update", _set_name_key)


def _set_name_key(mapper: object, connection: object, row: Any) -> None:
    row.name_key = name_key(row.name)


def unique_name(table: str, *parents: str, deletable: bool = True) -> sa.Index:
    """One row per name within `parents`, among rows that are not deleted."""
    where = sa.text("deleted_at IS NULL") if deletable else None
    return sa.Index(f"uq_{table}_name_key", *parents, "name_key", unique=True, postgresql_where=where)


def word(kind: type[StrEnum]) -> Any:
    """An enum stored as text, so that a new value needs no migration."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=48,
        values_callable=lambda k: [item.value for item in k],
    )


def foreign(target: str, *, nullable: bool = False, cascade: bool = False, index: bool = True) -> Any:
    """A UUID that points at `target` (`table.id`)."""
    return Field(
        default=None if nullable else ...,
        sa_type=sa.Uuid,
        foreign_key=target,
        nullable=nullable,
        index=index,
        ondelete="CASCADE" if cascade else "RESTRICT",
    )


class Row(SQLModel):
    """A row with a random id and its timestamps."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    created_at: datetime = Field(
        default_factory=now,
        sa_type=TIME,
        sa_column_kwargs={"server_default": sa.func.now()},
        nullable=False,
    )


class ChangingRow(Row):
    """A row that changes. `updated_at` is returned by each change."""

    __mapper_args__: ClassVar[dict[str, Any]] = {"eager_defaults": True}

    updated_at: datetime = Field(
        default_factory=now,
        sa_type=TIME,
        sa_column_kwargs={"server_default": sa.func.now(), "onupdate": sa.func.now()},
        nullable=False,
    )
