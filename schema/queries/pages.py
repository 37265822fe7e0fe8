"""One page of a list, read from the ends of the indexes that the noun's table declares (`Listed`).

The rows of each place and each word are a run of an index that is in order already: the first of every run are taken
and merged, and only the rows of the page are read whole. What is before a page is skipped up to `COUNT_LIMIT` rows;
from there a list is walked by its cursor, which costs the same anywhere.

A list that is narrowed further (`filters`, `inverted`), such as by a word, is counted first. Where few rows are left
(`COUNT_LIMIT`), these are sorted; where more are, the runs are walked, for every so manieth row is one of them. Rows of a
table of which more can be sorted (`Listed.sorted`) are counted as they are sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from schema.errors import Invalid
from schema.queries.arrays import among
from schema.queries.common import are_more, rare, told_apart, unasked
from schema.queries.reading import COUNT_LIMIT as COUNT_LIMIT
from schema.queries.reading import Asked as Asked
from schema.queries.reading import Reading
from schema.queries.reading import Scope as Scope
from schema.tables.listed import Listed


@dataclass(frozen=True, slots=True)
class Found:
    """`rows` of the columns that were asked for; `next` is None at the end."""

    rows: Sequence[Any]
    total: int
    capped: bool
    next: str | None


async def page(
    session: AsyncSession,
    listed: Listed,
    shown: Sequence[sa.ColumnElement[Any]],
    scopes: Sequence[Scope],
    words: Sequence[str],
    asked: Asked,
    *,
    narrowed: bool,
    filters: Sequence[sa.ColumnElement[bool]] = (),
    inverted: Sequence[sa.ColumnElement[bool]] = (),
) -> Found:
    """One page of the rows of `scopes` whose word is one of `words`; `narrowed` says that these are not all words.
    `shown` are columns of the table, `filters` conditions that any number of rows may hold, and `inverted` those of
    which inverted indexes know. Two statements, and with these three more at most, however many rows there are.

    Raises:
        Invalid: the page is beyond what is counted, or the cursor is of another list.
    """
    if asked.offset + asked.size > COUNT_LIMIT and asked.after is None:
        raise Invalid(f"Pages end at {COUNT_LIMIT:,} rows. Narrow the list, or walk on: after=<next>.")
    scopes = [each for each in scopes if each.words is None or each.words]
    if not any(scope.column is None or scope.ids or scope.few for scope in scopes) or (
        listed.word and not words
    ):
        return Found([], 0, capped=False, next=None)
    reading = Reading(listed, sa.inspect(shown[0]).table, words, asked, filters, narrowed=narrowed)
    common = await told_apart(session, partial(reading.some, scopes), inverted) if inverted else []
    at_once = None
    if listed.sorted and not all(common):
        at_once = await _sorted_at_once(session, reading, shown, scopes, inverted)
    if at_once is not None:
        found, total = at_once
    else:
        total = await _total(session, reading, scopes, inverted, common)
        sorted_whole = bool(filters or inverted) and total <= COUNT_LIMIT
        found = (await session.execute(reading.rows(shown, scopes, sorted_whole=sorted_whole))).all()
    rows = found[: asked.size]
    more = reading.cursor(rows[-1]) if len(found) > asked.size else None
    return Found(
        [row[: len(shown)] for row in rows], min(total, COUNT_LIMIT), capped=total > COUNT_LIMIT, next=more
    )


async def _sorted_at_once(
    session: AsyncSession,
    reading: Reading,
    shown: Sequence[sa.ColumnElement[Any]],
    scopes: Sequence[Scope],
    inverted: Sequence[sa.ColumnElement[bool]],
) -> tuple[Sequence[Any], int] | None:
    """The page, and how many rows there are (one more than are sorted where there are more), once an inverted index has
    found them. None where nothing is on the page."""
    before, keys = reading.filters, [reading.table.c[name] for name in reading.keys]
    reading.filters = (*before, *inverted)
    every = reading.some(scopes, keys, reading.listed.sorted + 1).subquery("every")
    rows = sa.select(*every.c, sa.func.count().over().label("total")).subquery("found")
    wanted = sa.select(*rows.c)
    wanted = wanted if reading.after is None else wanted.where(reading.behind(rows.c))
    found = (await session.execute(reading.page_of(wanted, shown, with_total=True))).all()
    total = found[0].total if found else 0
    if total > reading.listed.sorted:
        found = (await session.execute(reading.rows(shown, scopes, sorted_whole=False))).all()
    reading.filters = before
    return (found, total) if found else None


async def _total(
    session: AsyncSession,
    reading: Reading,
    scopes: Sequence[Scope],
    inverted: Sequence[sa.ColumnElement[bool]],
    common: Sequence[bool],
) -> int:
    """How many rows there are, up to one more than `COUNT_LIMIT`. What is `inverted`, and `common` or not, narrows them
    from here on."""
    large = [scope for scope in scopes if not scope.few]
    if inverted:
        plain = [unasked(each) for each in inverted]
        places = [partial(reading.counted, scope) for scope in large]
        if all(common) and await are_more(session, places, plain, COUNT_LIMIT):
            reading.filters = (*reading.filters, *plain)
            return COUNT_LIMIT + 1
        if not all(common):
            asked = [each for n, each in enumerate(inverted) if not common[n]]
            inverted = [plain[n] if common[n] else each for n, each in enumerate(inverted)]
            ids = await rare(session, reading.table.c.id, asked)
            reading.indexed = ids is None
            if ids is not None:
                inverted = [
                    *(plain[n] for n in range(len(plain)) if common[n]),
                    among(reading.table.c.id, ids),
                ]
        reading.filters = (*reading.filters, *inverted)
    counted: Any = _count(reading.some(scopes, [], COUNT_LIMIT + 1))
    if len(scopes) > 1:
        # A row may be of two of them: where one alone has enough, nobody need tell them apart.
        alone = [_count(reading.some_of(scope, [reading.table.c.id], COUNT_LIMIT + 1)) for scope in large]
        enough = [(one > COUNT_LIMIT, sa.literal(COUNT_LIMIT + 1)) for one in alone]
        counted = sa.case(*enough, else_=counted) if enough else counted
    return await session.scalar(sa.select(counted)) or 0


def _count(rows: sa.Select[Any]) -> sa.ScalarSelect[int]:
    """Not asked where a `case` decides before."""
    return sa.select(sa.func.count()).select_from(rows.subquery()).scalar_subquery()
