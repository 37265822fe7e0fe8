"""Conditions that only an inverted index finds (words, labels, languages), and how common they are.

Postgres cannot tell how common the beginning of a word is, and an inverted index gives nothing before it has found all. So
the first rows of a list are looked at: what most of them hold is not asked of an index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from schema.contracts.bounds import composed
from schema.tables.listed import SEPARATORS

_SAMPLE = 128
_COMMON = 0.5
"""What this share of the sample holds is common."""
_FEW = 500
"""So many rows are rather fetched one by one than looked for again."""

Some = Callable[[Sequence[sa.ColumnElement[Any]], int], Any]
"""Selects these columns, and `id`, of so many rows of a list at most: of any, whatever they hold."""
Conditions = Sequence[sa.ColumnElement[bool]]

_CONFIG: Any = sa.literal_column("'simple'::regconfig")
"""No parameter: with it the query is a constant, and Postgres knows how common its words are."""
_WORD_ENDS = str.maketrans(dict.fromkeys(f"{SEPARATORS}'\\", " "))


def having_words(column: Any, q: str | None) -> list[sa.ColumnElement[bool]]:
    """What holds where each word of `q` is the beginning of one in `column` (`schema.tables.listed.words_of`). Signs alone
    are in no word. Names are kept composed (`schema.contracts.bounds.composed`), and so they are looked for."""
    words = dict.fromkeys(composed(q or "").translate(_WORD_ENDS).split())
    if not words and (q or "").strip():
        return [sa.false()]
    return [
        column.op("@@")(sa.func.to_tsquery(_CONFIG, sa.literal(f"'{word}':*", literal_execute=True)))
        for word in words
    ]


async def told_apart(session: AsyncSession, some: Some, conditions: Conditions) -> list[bool]:
    """Of each condition, whether it is common. One short statement."""
    sample = some([each.label(f"holds_{n}") for n, each in enumerate(conditions)], _SAMPLE).subquery("sample")
    counts = (sa.func.count().filter(sample.c[f"holds_{n}"]) for n in range(len(conditions)))
    total, *held = (await session.execute(sa.select(sa.func.count(), *counts).select_from(sample))).one()
    return [total > 0 and number >= _COMMON * total for number in held]


async def are_more(session: AsyncSession, places: Sequence[Some], conditions: Conditions, most: int) -> bool:
    """Whether more than `most` rows of one of `places` hold all `conditions`, which are common: without looking at many more
    than these. False where that does not tell."""
    found: list[sa.ColumnElement[bool]] = []
    for some in places:
        read = some([sa.and_(*conditions).label("holds")], int((most + 1) / _COMMON)).subquery()
        held: sa.Select[Any] = (
            sa.select(sa.literal_column("1")).select_from(read).where(read.c.holds).limit(most + 1)
        )
        found.append(sa.select(sa.func.count()).select_from(held.subquery()).scalar_subquery() > most)
    return bool(found and await session.scalar(sa.select(sa.or_(*found))))


async def rare(session: AsyncSession, key: Any, conditions: Conditions) -> Sequence[Any] | None:
    """The keys of all rows of a table that hold all `conditions`, where these are few; None where they are not. Postgres
    takes the beginning of a word that nothing has for a common one, and would look through whole places for it."""
    found = (await session.scalars(sa.select(key).where(*conditions).limit(_FEW + 1))).all()
    return found if len(found) <= _FEW else None


def unasked(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """The same, as no index is asked for it, and as Postgres takes it for what nearly every row holds."""
    return sa.case((condition, sa.literal_column("1")), else_=sa.literal_column("0")) != sa.literal_column(
        "0"
    )
