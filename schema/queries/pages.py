"""One page of a list, read from the ends of the indexes that the noun's table declares (`Listed`).

The rows of each place and each word are a run of an index that is in order already: the first of every run are taken
and merged, and only the rows of the page are read whole. What is before a page is skipped up to `COUNT_LIMIT` rows;
from there a list is walked by its cursor, which costs the same anywhere.

A list that is narrowed further (`filters`, `inverted`), such as by a word, is counted first. Where few rows are left
(`COUNT_LIMIT`), these are sorted; where more are, the runs are walked, for every so manieth row is one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from schema.errors import Invalid
from schema.queries.arrays import among, unnested
from schema.queries.common import are_more, rare, told_apart, unasked
from schema.queries.cursors import cursor_of, parts_of, values_of
from schema.tables.listed import Listed

COUNT_LIMIT = 10_000
"""Totals are exact up to here; beyond it counting costs more than anybody gains."""
_MERGED = 100
"""So many runs of each word are merged. Whoever reaches more places meets their rows often enough on the way."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where rows are reached: those whose `column` is one of `ids`, the whole table where there is no column.
    `also` narrows them; it must hold for most of them, or they must be few (`few`)."""

    column: str | None = None
    ids: Sequence[UUID] = ()
    also: tuple[sa.ColumnElement[bool], ...] = ()
    few: bool = False
    words: Sequence[str] | None = None
    """Those of the list that are wanted here; None is all of them."""
    within: tuple[sa.ColumnElement[bool], ...] = ()
    """What holds for all of them: the wider places that they are in (`Listed.places`)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page: an order, a leading `-` turning it round, and how much of it. `after` is the `next` of the page
    before; with it nothing is skipped."""

    order: str
    size: int
    offset: int = 0
    after: str | None = None


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
    reading = _Reading(listed, sa.inspect(shown[0]).table, words, asked, filters, narrowed=narrowed)
    total = await reading.total(session, scopes, inverted)
    sorted_whole = bool(filters or inverted) and total <= COUNT_LIMIT
    found = (await session.execute(reading.rows(shown, scopes, sorted_whole=sorted_whole))).all()
    rows = found[: asked.size]
    more = reading.cursor(rows[-1]) if len(found) > asked.size else None
    return Found(
        [row[: len(shown)] for row in rows], min(total, COUNT_LIMIT), capped=total > COUNT_LIMIT, next=more
    )


class _Reading:
    """The statements of one page."""

    def __init__(
        self,
        listed: Listed,
        table: sa.Table,
        words: Sequence[str],
        asked: Asked,
        filters: Sequence[sa.ColumnElement[bool]],
        *,
        narrowed: bool,
    ) -> None:
        self._listed, self._asked, self._words, self._narrowed = listed, asked, words, narrowed
        self._filters, self._found = filters, False
        self._descending, name = asked.order.startswith("-"), asked.order.removeprefix("-")
        self._table = table
        self._keys = listed.columns_of(name)
        self._after = self._read(asked.after) if asked.after is not None else None

    def rows(
        self, shown: Sequence[sa.ColumnElement[Any]], scopes: Sequence[Scope], *, sorted_whole: bool
    ) -> sa.Select[Any]:
        """One more than the page, so that it is known whether there is a next one."""
        if sorted_whole:
            parts = [self._whole(scope) for scope in scopes]
        else:
            parts = [self._first(scope, rank) for scope in scopes for rank in self._ranks()]
        first = self._union(parts)
        top = first.order_by(*self._order(first.selected_columns))
        if self._after is None:
            top = top.offset(self._asked.offset)
        kept = top.limit(self._asked.size + 1).subquery("page")
        table, keys = self._table, [kept.c[name].label(f"key_{name}") for name in self._keys]
        return sa.select(*shown, *keys).join_from(kept, table, table.c.id == kept.c.id).order_by(
            *self._order(kept.c)
        )  # fmt: skip

    async def total(
        self, session: AsyncSession, scopes: Sequence[Scope], inverted: Sequence[sa.ColumnElement[bool]]
    ) -> int:
        """How many rows there are, up to one more than `COUNT_LIMIT`. What is `inverted` narrows them from here on."""

        def some(columns: Sequence[sa.ColumnElement[Any]], limit: int) -> Any:
            return self._union([self._some(scope, [self._table.c.id, *columns], limit) for scope in scopes])

        large = [scope for scope in scopes if not scope.few]
        if inverted:
            common = await told_apart(session, some, inverted)
            plain = [unasked(each) for each in inverted]
            places = [partial(self._counted, scope) for scope in large]
            if all(common) and await are_more(session, places, plain, COUNT_LIMIT):
                self._filters = (*self._filters, *plain)
                return COUNT_LIMIT + 1
            if not all(common):
                asked = [each for n, each in enumerate(inverted) if not common[n]]
                inverted = [plain[n] if common[n] else each for n, each in enumerate(inverted)]
                ids = await rare(session, self._table.c.id, asked)
                self._found = ids is None
                if ids is not None:
                    inverted = [
                        *(plain[n] for n in range(len(plain)) if common[n]),
                        among(self._table.c.id, ids),
                    ]
            self._filters = (*self._filters, *inverted)
        counted: Any = _count(some([], COUNT_LIMIT + 1))
        if len(scopes) > 1:
            # A row may be of two of them: where one alone has enough, nobody need tell them apart.
            alone = [_count(self._some(scope, [self._table.c.id], COUNT_LIMIT + 1)) for scope in large]
            enough = [(one > COUNT_LIMIT, sa.literal(COUNT_LIMIT + 1)) for one in alone]
            counted = sa.case(*enough, else_=counted) if enough else counted
        return await session.scalar(sa.select(counted)) or 0

    def cursor(self, row: Any) -> str:
        """Of a row of `rows`."""
        return cursor_of(self._asked.order, *(row._mapping[f"key_{name}"] for name in self._keys))

    def _read(self, cursor: str) -> list[Any]:
        try:
            order, *parts = parts_of(cursor, 1 + len(self._keys))
            read = values_of(parts, [self._table.c[name].type for name in self._keys])
            if (ranks := self._listed.ranks.get(self._keys[0])) and read[0] not in ranks:
                order = ""
        except ValueError:
            order, read = "", []
        if order != self._asked.order:
            raise Invalid("`after` is not the `next` of a page in this order: begin again without it.")
        return read

    def _ranks(self) -> tuple[str | None, ...]:
        """Each is a run of its own: in an order by rank, those that are on or behind the cursor."""
        ranks = self._listed.ranks.get(self._keys[0])
        if ranks is None:
            return (None,)
        if self._after is None:
            return ranks
        here = ranks.index(self._after[0])
        return ranks[: here + 1] if self._descending else ranks[here:]

    def _first(self, scope: Scope, rank: str | None) -> sa.Select[Any]:
        """The first rows of each run of `scope`, no more of each than can be on the page."""
        table = self._table
        most = (0 if self._after else self._asked.offset) + self._asked.size + 1
        within = self._keys[1:] if rank is not None else self._keys
        within = tuple(column for column in within if column != self._listed.word)
        words = self._words_of(scope)
        by_word = self._listed.word and table.c[self._listed.word]
        runs: list[Any] = []
        query = sa.select(*(table.c[name] for name in self._keys)).where(*self._conditions(scope))
        if rank is not None:  # as its index says it
            query = query.where(sa.literal_column(f"{table.name}.{self._keys[0]} = '{rank}'"))
        if by_word is not None and scope.few:
            query = query.where(among(by_word, words))
        elif by_word is not None:
            runs.append(unnested("words", word=(sa.String(), words)))
            query = query.where(by_word == runs[0].c.word)
        if scope.column is not None and len(scope.ids) <= _MERGED:
            runs.append(unnested("places", place=(sa.Uuid(), scope.ids)))
            query = query.where(table.c[scope.column] == runs[-1].c.place)
        elif scope.column is not None:
            query = query.where(among(table.c[scope.column], scope.ids))
        if self._after is not None and rank in (None, self._after[0]):
            query = query.where(self._behind(table.c, 1 if rank is not None else 0))
        query = query.order_by(*self._order(table.c, within)).limit(most)
        if not runs:
            return query
        run = query.correlate(*runs).lateral("run")
        joined: Any = runs[0]
        for each in (*runs[1:], run):
            joined = sa.join(joined, each, sa.true())
        return sa.select(*(run.c[name] for name in self._keys)).select_from(joined)

    def _behind(self, columns: Any, first: int = 0) -> sa.ColumnElement[bool]:
        """What comes after the cursor, by the keys from the `first` on."""
        keys, after = self._keys[first:], (self._after or [])[first:]
        here = sa.tuple_(*(columns[name] for name in keys))
        there = sa.tuple_(*(sa.literal(v, self._table.c[k].type) for k, v in zip(keys, after, strict=True)))
        return here < there if self._descending else here > there

    def _whole(self, scope: Scope) -> sa.Select[Any]:
        """Every row of `scope`, which are few: the limit keeps the planner from walking the order for them."""
        some = self._some(scope, [self._table.c[name] for name in self._keys], COUNT_LIMIT + 1).subquery()
        query = sa.select(*(some.c[name] for name in self._keys))
        return query if self._after is None else query.where(self._behind(some.c))

    def _some(self, scope: Scope, columns: Sequence[Any], limit: int) -> sa.Select[Any]:
        query = sa.select(*columns).where(*self._conditions(scope)).limit(limit)
        if scope.column is not None:
            query = query.where(self._in_place(scope.column, scope.ids))
        if self._listed.word and (self._narrowed or scope.words is not None):
            query = query.where(among(self._table.c[self._listed.word], self._words_of(scope)))
        return query

    def _in_place(self, column: str, ids: Sequence[UUID]) -> sa.ColumnElement[bool]:
        """What an inverted index finds is found by its place too, in the same index."""
        if not (self._found and self._listed.placed and len(ids) <= _MERGED):
            return among(self._table.c[column], ids)
        kind = ARRAY(sa.Text())
        told = sa.bindparam(None, [str(each) for each in ids], type_=kind, unique=True)
        placed: sa.ColumnElement[Any] = sa.literal_column(f"({self._listed.placed})", kind)
        return placed.op("&&", return_type=sa.Boolean())(told)

    def _counted(self, scope: Scope, columns: Sequence[Any], limit: int) -> sa.Select[Any]:
        """As `_some`, of rows that the index of places holds, where there is one: without those that have many words."""
        some = self._some(scope, columns, limit)
        if not self._listed.places:
            return some
        return some.where(*scope.within, sa.text(self._listed.short))

    def _words_of(self, scope: Scope) -> Sequence[str]:
        if scope.words is None:
            return self._words
        return [word for word in scope.words if word in self._words]

    def _conditions(self, scope: Scope) -> list[sa.ColumnElement[bool]]:
        return [sa.text(f"{self._table.name}.{self._listed.kept}"), *scope.also, *self._filters]  # type: ignore[list-item]

    def _union(self, parts: list[sa.Select[Any]]) -> Any:
        if len(parts) == 1:
            whole = parts[0].subquery()
        else:
            whole = sa.union(*(sa.select(part.subquery()) for part in parts)).subquery()
        return sa.select(*whole.c)

    def _order(self, columns: Any, names: Sequence[str] | None = None) -> list[sa.ColumnElement[Any]]:
        turn = sa.desc if self._descending else sa.asc
        return [turn(columns[name]) for name in (self._keys if names is None else names)]


def _count(rows: sa.Select[Any]) -> sa.ScalarSelect[int]:
    """Not asked where a `case` decides before."""
    return sa.select(sa.func.count()).select_from(rows.subquery()).scalar_subquery()
