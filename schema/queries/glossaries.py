"""The glossary version that a job is translated with, and its terms in one target language."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.outputs import primary
from schema.contracts.steps import JobRef
from schema.queries.visibility import unscoped
from schema.tables import Glossary, GlossaryTerm, Job
from schema.vtt.glossary import Term


async def pinned(session: AsyncSession, job: JobRef) -> UUID | None:
    """The version that the job is translated with, in every language: its client's active one when it was first asked
    for. None where there is none to pin."""
    unscoped("a worker asks about the job that it works on")
    active = _active_version(job.client_id, job.source_language)
    await session.execute(
        sa.update(Job)
        .where(col(Job.id) == job.job_id, col(Job.glossary_version_id).is_(None), active.is_not(None))
        .values(glossary_version_id=active)
    )
    return await session.scalar(sa.select(col(Job.glossary_version_id)).where(col(Job.id) == job.job_id))


def _active_version(client_id: UUID, source_language: str) -> sa.ScalarSelect[UUID | None]:
    return (
        sa.select(col(Glossary.active_version_id))
        .where(
            col(Glossary.client_id) == client_id,
            col(Glossary.archived_at).is_(None),
            col(Glossary.active_version_id).is_not(None),
            col(Glossary.source_language).in_({source_language, primary(source_language)}),
        )
        .order_by((col(Glossary.source_language) == source_language).desc(), col(Glossary.created_at).desc())
        .limit(1)
        .scalar_subquery()
    )


async def terms_for(session: AsyncSession, version_id: UUID | None, language: str) -> list[Term]:
    """The terms that say something about `language`: a column of its own (pt-BR), or its primary's (pt)."""
    if version_id is None:
        return []
    rows = await session.scalars(sa.select(GlossaryTerm).where(col(GlossaryTerm.version_id) == version_id))
    terms = []
    for row in rows:
        own = row.targets.get(language) or ""
        target = own or row.targets.get(primary(language)) or ""
        if target or row.do_not_translate or row.forbidden:
            terms.append(
                Term(
                    source=row.source,
                    target=target,
                    case_sensitive=row.case_sensitive,
                    do_not_translate=row.do_not_translate,
                    forbidden=row.forbidden,
                    notes=row.notes or "",
                    stands_in=primary(language) if target and not own else "",
                )
            )
    return sorted(terms, key=lambda term: (-len(term.source), term.source))
