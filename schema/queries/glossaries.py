"""The glossary version that a job is translated with, and its terms in one target language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.outputs import primary
from schema.contracts.steps import JobRef
from schema.queries.visibility import unscoped
from schema.tables import Glossary, GlossaryTerm, Job
from schema.vtt.glossary import Term


async def pinned(session: AsyncSession, job: JobRef, *, anew: bool = False) -> UUID | None:
    """The version that the job is translated with, in every language: its client's active one when it was first asked
    for, or when it is made `anew`. None where there is none to pin."""
    unscoped("a worker asks about the job that it works on")
    active = _active_version(job.client_id, job.source_language)
    pins = sa.true() if anew else col(Job.glossary_version_id).is_(None)
    await session.execute(
        sa.update(Job)
        .where(col(Job.id) == job.job_id, pins, active.is_not(None))
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
    """The terms of a version that say something about `language`, see `of_language`."""
    return of_language((await terms_of(session, {version_id})).get(version_id, ()), language)


async def terms_of(
    session: AsyncSession, version_ids: Collection[UUID | None]
) -> Mapping[UUID | None, Sequence[GlossaryTerm]]:
    """All terms of these versions; None is the version of no glossary."""
    wanted = [version_id for version_id in version_ids if version_id is not None]
    terms: dict[UUID | None, list[GlossaryTerm]] = {}
    if wanted:
        for row in await session.scalars(
            sa.select(GlossaryTerm).where(col(GlossaryTerm.version_id).in_(wanted))
        ):
            terms.setdefault(row.version_id, []).append(row)
    return terms


def of_language(rows: Iterable[GlossaryTerm], language: str) -> list[Term]:
    """The terms that say something about `language`: a column of its own (pt-BR), or its primary's (pt)."""
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
