"""Many values as one parameter, so that a statement is compiled and prepared once, however many values there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY


def among(column: Any, values: Iterable[Any]) -> sa.ColumnElement[bool]:
    """Like `in_`."""
    return column == sa.any_(_given(values, _kind(column)))  # type: ignore[no-any-return]


def unnested(table: str, **columns: tuple[Any, Iterable[Any]]) -> Any:
    """Columns of values, each with its type, as a table. The first values of all columns form the first row."""
    given: list[Any] = [_given(values, kind) for kind, values in columns.values()]
    named: list[Any] = [sa.column(name, kind) for name, (kind, _) in columns.items()]
    return sa.func.unnest(*given).table_valued(*named).render_derived(name=table)


def _given(values: Iterable[Any], kind: Any) -> Any:
    return sa.bindparam(None, list(values), type_=ARRAY(kind), unique=True)


def _kind(column: Any) -> Any:
    return sa.String() if isinstance(column.type, sa.Enum) else column.type
