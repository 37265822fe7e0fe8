"""Rows with names: search, lists, and unique names within a parent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from schema.errors import Conflict, NotFound
from schema.queries.common import having_words
from schema.tables.base import name_key
from schema.tables.listed import words_of

T = TypeVar("T")
N = TypeVar("N", bound=SQLModel)
COUNT_LIMIT = 10_000
_SORTED = 1_000
"""Up to this many matches are sorted after the search. Postgres cannot estimate how rare a prefix is, and would scan
the whole order."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The requested page of a list. `q` are words, each a prefix of a word in the name; `sort` is a column, and a
    leading `-` reverses it."""

    q: str | None = None
    sort: str = "name"
    offset: int = 0
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """`total` is exact up to 10,000; beyond it `capped`."""

    items: Sequence[T]
    total: int
    capped: bool


async def page(session: AsyncSession, query: sa.Select[Any], noun: Any, wanted: Wanted) -> Found[Any]:
    """One page of `query`, which selects `noun` and is limited to what the caller sees. Two statements."""
    if wanted.q:
        query = query.where(*having_words(_words(noun), name_key(wanted.q)))
    counted = sa.select(sa.func.count()).select_from(
        query.with_only_columns(noun.id).limit(COUNT_LIMIT + 1).subquery()
    )
    total = await session.scalar(counted) or 0
    if wanted.q and total <= _SORTED:
        found_first = query.with_only_columns(noun.id).cte("found").prefix_with("materialized")
        query = sa.select(noun).join(found_first, found_first.c.id == noun.id)
    column = noun.name_key if wanted.sort.lstrip("-") == "name" else getattr(noun, wanted.sort.lstrip("-"))
    turn = sa.desc if wanted.sort.startswith("-") else sa.asc
    ordered = query.order_by(turn(column), turn(noun.id)).offset(wanted.offset).limit(wanted.limit)
    found = await session.scalars(ordered)
    return Found(list(found), min(total, COUNT_LIMIT), capped=total > COUNT_LIMIT)


def _words(noun: Any) -> Any:
    """For nouns with few rows per parent, the words are computed in the query."""
    return getattr(noun, "search", None) or sa.literal_column(words_of(f"{noun.__tablename__}.name_key"))


async def made(session: AsyncSession, noun: type[N], row_id: UUID) -> N | None:
    """The row that the same request made before. Its id is known to nobody else."""
    return await session.get(noun, row_id)


async def locked(session: AsyncSession, noun: type[N], row_id: UUID) -> N:
    """The current row of an object from a guard, locked until commit. Concurrent additions to it are serialised.

    Raises:
        NotFound: it was deleted meanwhile.
    """
    row = await session.get(noun, row_id, with_for_update=True)
    if row is None or getattr(row, "deleted_at", None) is not None:
        raise NotFound(f"{noun.__name__} not found")
    return row


async def join(session: AsyncSession, row: SQLModel, refusal: Conflict) -> None:
    """Inserts a unique relation, unless the same request did so before.

    Raises:
        Conflict: `refusal`: the relation exists already.
    """
    try:
        async with session.begin_nested():
            if await made(session, type(row), row.id) is None:  # type: ignore[attr-defined]
                session.add(row)
    except IntegrityError:
        raise refusal from None


@asynccontextmanager
async def one_of_its_name(
    session: AsyncSession, noun: type[SQLModel], name: str, **parent: UUID
) -> AsyncIterator[None]:
    """Inside the block, a row is written whose name must be unique in `parent`. The database decides between concurrent
    requests.

    Raises:
        Conflict: with the name and id of the other row.
    """
    try:
        async with session.begin_nested():
            yield
            await session.flush()
    except IntegrityError as error:
        if "name_key" not in str(error.orig):
            raise
        table: Any = noun
        conditions = [getattr(table, column) == value for column, value in parent.items()]
        if hasattr(table, "deleted_at"):
            conditions.append(table.deleted_at.is_(None))
        query = sa.select(table.id, table.name).where(table.name_key == name_key(name), *conditions)
        other = (await session.execute(query)).first()
        called = f"“{other.name}”" if other else f"“{name}”"
        raise Conflict(
            f"There is one called {called} already. Choose another name.", id=str(other.id) if other else None
        ) from None
