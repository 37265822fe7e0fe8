"""Keyset pagination of a list, newest first, by a time and an id. Every page costs the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from schema.errors import Invalid
from schema.queries.cursors import cursor_of, parts_of, values_of
from schema.queries.pages import COUNT_LIMIT, Found


@dataclass(frozen=True, slots=True)
class Walk:
    """The requested page. `after` is the `next` of the previous page; with it nothing is skipped."""

    size: int
    offset: int = 0
    after: str | None = None


async def page(
    session: AsyncSession,
    arms: Sequence[sa.Select[Any]],
    walk: Walk,
    *,
    at: str = "created_at",
    key: str = "id",
) -> Found:
    """One page of the rows of all `arms` together, which select the same columns, among them the time `at` and the
    unique `key`. Each arm is read from the end of its own index. Two statements, however many rows there are.

    Raises:
        Invalid: the page is beyond what is counted, or the cursor is invalid.
    """
    if walk.after is None and walk.offset + walk.size > COUNT_LIMIT:
        raise Invalid(f"Pages end at {COUNT_LIMIT:,} rows. Narrow the list, or walk on: after=<next>.")
    counted = [arm.limit(COUNT_LIMIT + 1).subquery() for arm in arms]
    every = sa.union(*(sa.select(each.c[key]) for each in counted)).subquery()
    total = await session.scalar(sa.select(sa.func.count()).select_from(every)) or 0
    found = (await session.execute(_rows(arms, walk, at, key))).all()
    rows = found[: walk.size]
    more = cursor_of(rows[-1]._mapping[at], rows[-1]._mapping[key]) if len(found) > walk.size else None
    return Found(rows, min(total, COUNT_LIMIT), capped=total > COUNT_LIMIT, next=more)


def _rows(arms: Sequence[sa.Select[Any]], walk: Walk, at: str, key: str) -> sa.Select[Any]:
    """One row more than the page, to know whether there is a next page."""
    most = walk.size + 1 + (0 if walk.after else walk.offset)
    parts = []
    for arm in arms:
        time, row = arm.selected_columns[at], arm.selected_columns[key]
        if walk.after is not None:
            there = zip(_read(walk.after, (time.type, row.type)), (time, row), strict=True)
            arm = arm.where(
                sa.tuple_(time, row) < sa.tuple_(*(sa.literal(value, column.type) for value, column in there))
            )
        parts.append(arm.order_by(time.desc(), row.desc()).limit(most).subquery())
    whole = parts[0] if len(parts) == 1 else sa.union_all(*(sa.select(part) for part in parts)).subquery()
    query = sa.select(*whole.c)
    if len(parts) > 1:  # a row may be in several arms
        query = query.distinct()
    query = query.order_by(whole.c[at].desc(), whole.c[key].desc()).limit(walk.size + 1)
    return query if walk.after else query.offset(walk.offset)


def _read(cursor: str, kinds: tuple[Any, Any]) -> list[Any]:
    try:
        return values_of(parts_of(cursor, len(kinds)), kinds)
    except ValueError:
        raise Invalid("`after` is not the `next` of a page of this list: begin again without it.") from None
