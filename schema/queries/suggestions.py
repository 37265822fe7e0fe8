"""Terms that people suggest for a glossary."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import SuggestionState
from schema.queries.visibility import unscoped
from schema.tables import TermSuggestion


async def of_glossary(
    session: AsyncSession, glossary_id: UUID, state: SuggestionState | None, *, offset: int, limit: int
) -> tuple[Sequence[TermSuggestion], int]:
    """A page, oldest first, and the total."""
    unscoped("of a glossary that a guard handed over")
    conditions = [col(TermSuggestion.glossary_id) == glossary_id]
    if state is not None:
        conditions.append(col(TermSuggestion.state) == state)
    total = await session.scalar(sa.select(sa.func.count()).select_from(TermSuggestion).where(*conditions))
    found = await session.scalars(
        sa.select(TermSuggestion)
        .where(*conditions)
        .order_by(col(TermSuggestion.created_at), col(TermSuggestion.id))
        .offset(offset)
        .limit(limit)
    )
    return found.all(), total or 0


async def locked(
    session: AsyncSession, glossary_id: UUID, ids: Collection[UUID]
) -> dict[UUID, TermSuggestion]:
    """Suggestions of the glossary among `ids`, locked until commit."""
    unscoped("of a glossary that a guard handed over")
    found = await session.scalars(
        sa.select(TermSuggestion)
        .where(col(TermSuggestion.glossary_id) == glossary_id, col(TermSuggestion.id).in_(ids))
        .order_by(col(TermSuggestion.id))
        .with_for_update()
    )
    return {each.id: each for each in found}
