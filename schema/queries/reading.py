"""The statements of one page of a list (`schema.queries.pages`), and where its rows are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from schema.errors import Invalid
from schema.queries.arrays import among, unnested
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


class Reading:
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
        self.listed, self._asked, self._words, self._narrowed = listed, asked, words, narrowed
        self.filters, self.indexed = filters, False
        self._descending, name = asked.order.startswith("-"), asked.order.removeprefix("-")
        self.table = table
        self.keys = listed.columns_of(name)
        self.after = self._read(asked.after) if asked.after is not None else None

    def rows(
        self, shown: Sequence[sa.ColumnElement[Any]], scopes: Sequence[Scope], *, sorted_whole: bool
    ) -> sa.Select[Any]:
        """One more than the page, so that it is known whether there is a next one."""
        if sorted_whole:
            parts = [self._whole(scope) for scope in scopes]
        else:
            parts = [self._first(scope, rank) for scope in scopes for rank in self._ranks()]
        return self.page_of(self._union(parts), shown)

    def page_of(
        self, rows: sa.Select[Any], shown: Sequence[sa.ColumnElement[Any]], *, with_total: bool = False
    ) -> sa.Select[Any]:
        """The page of `rows`, which have the keys of the order, and with `with_total` how many they are."""
        top = rows.order_by(*self._order(rows.selected_columns))
        if self.after is None:
            top = top.offset(self._asked.offset)
        kept = top.limit(self._asked.size + 1).subquery("page")
        table, keys = self.table, [kept.c[name].label(f"key_{name}") for name in self.keys]
        told = [kept.c.total] if with_total else []
        return sa.select(*shown, *keys, *told).join_from(kept, table, table.c.id == kept.c.id).order_by(
            *self._order(kept.c)
        )  # fmt: skip

    def some(self, scopes: Sequence[Scope], columns: Sequence[sa.ColumnElement[Any]], limit: int) -> Any:
        """These columns, and `id`, of so many rows at most: of any."""
        table_id = self.table.c.id
        columns = [table_id, *(each for each in columns if each is not table_id)]
        return self._union([self.some_of(scope, columns, limit) for scope in scopes])

    def cursor(self, row: Any) -> str:
        """Of a row of `rows`."""
        return cursor_of(self._asked.order, *(row._mapping[f"key_{name}"] for name in self.keys))

    def _read(self, cursor: str) -> list[Any]:
        try:
            order, *parts = parts_of(cursor, 1 + len(self.keys))
            read = values_of(parts, [self.table.c[name].type for name in self.keys])
            if (ranks := self.listed.ranks.get(self.keys[0])) and read[0] not in ranks:
                order = ""
        except ValueError:
            order, read = "", []
        if order != self._asked.order:
            raise Invalid("`after` is not the `next` of a page in this order: begin again without it.")
        return read

    def _ranks(self) -> tuple[str | None, ...]:
        """Each is a run of its own: in an order by rank, those that are on or behind the cursor."""
        ranks = self.listed.ranks.get(self.keys[0])
        if ranks is None:
            return (None,)
        if self.after is None:
            return ranks
        here = ranks.index(self.after[0])
        return ranks[: here + 1] if self._descending else ranks[here:]

    def _first(self, scope: Scope, rank: str | None) -> sa.Select[Any]:
        """The first rows of each run of `scope`, no more of each than can be on the page."""
        table = self.table
        most = (0 if self.after else self._asked.offset) + self._asked.size + 1
        within = self.keys[1:] if rank is not None else self.keys
        within = tuple(column for column in within if column != self.listed.word)
        words = self._words_of(scope)
        by_word = self.listed.word and table.c[self.listed.word]
        runs: list[Any] = []
        query = sa.select(*(table.c[name] for name in self.keys)).where(*self._conditions(scope))
        if rank is not None:  # as its index says it
            query = query.where(sa.literal_column(f"{table.name}.{self.keys[0]} = '{rank}'"))
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
        if self.after is not None and rank in (None, self.after[0]):
            query = query.where(self.behind(table.c, 1 if rank is not None else 0))
        query = query.order_by(*self._order(table.c, within)).limit(most)
        if not runs:
            return query
        run = query.correlate(*runs).lateral("run")
        joined: Any = runs[0]
        for each in (*runs[1:], run):
            joined = sa.join(joined, each, sa.true())
        return sa.select(*(run.c[name] for name in self.keys)).select_from(joined)

    def behind(self, columns: Any, first: int = 0) -> sa.ColumnElement[bool]:
        """What comes after the cursor, by the keys from the `first` on."""
        keys, after = self.keys[first:], (self.after or [])[first:]
        here = sa.tuple_(*(columns[name] for name in keys))
        there = sa.tuple_(*(sa.literal(v, self.table.c[k].type) for k, v in zip(keys, after, strict=True)))
        return here < there if self._descending else here > there

    def _whole(self, scope: Scope) -> sa.Select[Any]:
        """Every row of `scope`, which are few: the limit keeps the planner from walking the order for them."""
        some = self.some_of(scope, [self.table.c[name] for name in self.keys], COUNT_LIMIT + 1).subquery()
        query = sa.select(*(some.c[name] for name in self.keys))
        return query if self.after is None else query.where(self.behind(some.c))

    def some_of(self, scope: Scope, columns: Sequence[Any], limit: int) -> sa.Select[Any]:
        query = sa.select(*columns).where(*self._conditions(scope)).limit(limit)
        if scope.column is not None:
            query = query.where(self._in_place(scope.column, scope.ids))
        if self.listed.word and (self._narrowed or scope.words is not None):
            query = query.where(among(self.table.c[self.listed.word], self._words_of(scope)))
        return query

    def _in_place(self, column: str, ids: Sequence[UUID]) -> sa.ColumnElement[bool]:
        """What an inverted index finds is found by its place too, in the same index."""
        if not (self.indexed and self.listed.placed and len(ids) <= _MERGED):
            return among(self.table.c[column], ids)
        kind = ARRAY(sa.Text())
        told = sa.bindparam(None, [str(each) for each in ids], type_=kind, unique=True)
        placed: sa.ColumnElement[Any] = sa.literal_column(f"({self.listed.placed})", kind)
        return placed.op("&&", return_type=sa.Boolean())(told)

    def counted(self, scope: Scope, columns: Sequence[Any], limit: int) -> sa.Select[Any]:
        """As `some_of`, of rows that the index of places holds, where there is one: without those that have many words."""
        some = self.some_of(scope, columns, limit)
        if not self.listed.places:
            return some
        return some.where(*scope.within, sa.text(self.listed.short))

    def _words_of(self, scope: Scope) -> Sequence[str]:
        if scope.words is None:
            return self._words
        return [word for word in scope.words if word in self._words]

    def _conditions(self, scope: Scope) -> list[sa.ColumnElement[bool]]:
        return [sa.text(f"{self.table.name}.{self.listed.kept}"), *scope.also, *self.filters]  # type: ignore[list-item]

    def _union(self, parts: list[sa.Select[Any]]) -> Any:
        if len(parts) == 1:
            whole = parts[0].subquery()
        else:
            whole = sa.union(*(sa.select(part.subquery()) for part in parts)).subquery()
        return sa.select(*whole.c)

    def _order(self, columns: Any, names: Sequence[str] | None = None) -> list[sa.ColumnElement[Any]]:
        turn = sa.desc if self._descending else sa.asc
        return [turn(columns[name]) for name in (self.keys if names is None else names)]
