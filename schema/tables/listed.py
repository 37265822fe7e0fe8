"""What a list of a noun may be asked for, declared once: its orders, and the indexes that they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Listed:
    """A list is read from the ends of indexes: for each place where rows are reached (`scopes`) and each word of the
    column `word`, the first rows in the order that was asked for, merged. So it costs alike however many rows there are.

    One index a scope and order is enough: (scope, word, column of the order, id), read forwards or backwards. `orders`
    maps the name of an order to its column; the order by `word` itself continues by `ties`.
    """

    table: str
    scopes: tuple[str, ...]
    """Columns. Beside them there is the whole table."""
    word: str
    """A column of few words, such as a status, by which lists are narrowed."""
    orders: Mapping[str, str]
    ties: str
    kept: str = "deleted_at is null"
    """Lists show these rows alone."""

    def columns_of(self, order: str) -> tuple[str, ...]:
        """What rows are ordered by; the last one is unique."""
        column = self.orders[order]
        return (self.word, self.ties, "id") if column == self.word else (column, "id")

    def indexes(self) -> tuple[sa.Index, ...]:
        """For `__table_args__`."""
        sorted_by = [column for column in self.orders.values() if column != self.word]
        return tuple(
            sa.Index(
                f"ix_{self.table}_list_{'_'.join((*scope, column))}",
                *scope,
                self.word,
                column,
                "id",
                postgresql_where=sa.text(self.kept),
            )
            for scope in ((), *((scope,) for scope in self.scopes))
            for column in sorted_by
        )
