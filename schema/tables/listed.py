"""Declares the list of a noun once: its orders, and the indexes that they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

SEPARATORS = "_./-@&+~<>#,"
"""Separators: Postgres's parser would otherwise parse file names, URLs, tags and signed numbers."""


def words_of(*columns: str) -> str:
    """The words of these columns, in the form in which Postgres reports the expression, so that a test can compare the
    tables with the migrations."""
    text = f"({columns[0]})::text"
    for column in columns[1:]:
        text = f"(({text} || ' '::text) || ({column})::text)"
    return (
        f"to_tsvector('simple'::regconfig, translate({text}, '{SEPARATORS}'::text, "
        f"'{' ' * len(SEPARATORS)}'::text))"
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A list is read from the ends of indexes: for each place where rows are reached (`scopes`) and each word of the
    column `word`, the first rows in the order that was asked for, merged. So it costs alike however many rows there are.

    One index a scope and order is enough: (scope, word, column of the order, id), read forwards or backwards. `orders`
    maps the name of an order to its column; the order by `word` itself continues by `ties`.
    """

    table: str
    scopes: tuple[str, ...]
    """Scope columns, in addition to the whole table."""
    word: str | None
    """A column with few values, such as a status, by which lists are filtered; None if there is none."""
    orders: Mapping[str, str]
    ties: str
    ranks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns of two or three words by which a list may be ordered: those of all but the first word are few, and have
    indexes of their own. Within a rank the order continues by `ties`."""
    kept: str = "deleted_at is null"
    """The predicate of the rows that lists show."""
    places: tuple[str, ...] = ()
    """Columns, the widest place first: rows of a place with their words stand together in an index of their own, by which
    more rows than are counted are known without reading one. Empty: there is none."""
    placed: str = ""
    """An array of `places` as text, which stands in one inverted index with what rows are found by: what many rows have
    elsewhere, and few here, costs what the few do."""
    short: str = ""
    """Those of which that index holds the words: an entry of it has 2,704 bytes at most."""
    sorted: int = 0
    """So many rows that an inverted index finds are rather sorted than met by a walk: where all of them are at the end of
    an order, such as addresses that begin alike, a walk meets them late. 0, or no fewer than are counted."""

    def columns_of(self, order: str) -> tuple[str, ...]:
        """The columns by which rows are ordered; the last one is unique."""
        column = self.orders[order]
        return (column, self.ties, "id") if column == self.word or column in self.ranks else (column, "id")

    def indexes(self) -> tuple[sa.Index, ...]:
        """For `__table_args__`."""
        whole = [
            column for column in self.orders.values() if column != self.word and column not in self.ranks
        ]
        made = [(column, column, self.kept) for column in whole]
        made += [
            (rank, self.ties, f"{self.kept} and {column} = '{rank}'")
            for column, ranks in self.ranks.items()
            for rank in ranks[1:]
        ]
        lists = tuple(
            sa.Index(
                f"ix_{self.table}_list_{'_'.join((*scope, name))}",
                *scope,
                *([self.word] if self.word else []),
                column,
                "id",
                postgresql_where=sa.text(where),
            )
            for scope in ((), *((scope,) for scope in self.scopes))
            for name, column, where in made
        )
        if not self.places:
            return lists
        counted = sa.Index(
            f"ix_{self.table}_counted",
            *self.places,
            postgresql_include=[*([self.word] if self.word else []), "search"],
            postgresql_where=sa.text(f"{self.kept} and {self.short}"),
        )
        return (*lists, counted)
