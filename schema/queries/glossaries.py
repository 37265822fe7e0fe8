"""A client's active glossary, and its terms in one target language."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.outputs import primary
from schema.tables import Glossary, GlossaryTerm
from schema.vtt.glossary import Term


async def active_version(session: AsyncSession, client_id: UUID, source_language: str) -> UUID | None:
    """The version that is active now: it is pinned to the language of the job that asks."""
    return await session.scalar(
        sa.select(col(Glossary.active_version_id))
        .where(
            col(Glossary.client_id) == client_id,
            col(Glossary.archived_at).is_(None),
            col(Glossary.active_version_id).is_not(None),
            sa.or_(
                col(Glossary.source_language) == source_language,
                col(Glossary.source_language) == primary(source_language),
            ),
        )
        .order_by(col(Glossary.created_at).desc())
        .limit(1)
    )


async def terms_for(session: AsyncSession, version_id: UUID | None, language: str) -> list[Term]:
    """The terms that say something about `language`: a column of its own (pt-BR), or its primary's (pt)."""
    if version_id is None:
        return []
    rows = await session.scalars(sa.select(GlossaryTerm).where(col(GlossaryTerm.version_id) == version_id))
    terms = []
    for row in rows:
        target = row.targets.get(language) or row.targets.get(primary(language)) or ""
        if target or row.do_not_translate or row.forbidden:
            terms.append(
                Term(
                    source=row.source,
                    target=target,
                    case_sensitive=row.case_sensitive,
                    do_not_translate=row.do_not_translate,
                    forbidden=row.forbidden,
                    notes=row.notes or "",
                )
            )
    return sorted(terms, key=lambda term: (-len(term.source), term.source))
