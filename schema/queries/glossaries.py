"""Glossaries and their versions, the version of a job, and its terms in one target language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.steps import JobRef
from schema.glossary.lookup import columns_for, of_regions, stands_in
from schema.permissions import Principal
from schema.queries.seen import seen
from schema.queries.visibility import unscoped
from schema.tables import Glossary, GlossaryTerm, GlossaryVersion, Job
from schema.vtt.glossary import Term


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of a list."""

    client_id: UUID | None = None
    source_language: str | None = None
    archived: bool = False
    offset: int = 0
    limit: int = 20


async def visible(session: AsyncSession, who: Principal, glossary_id: UUID) -> Glossary | None:
    """Includes archived ones."""
    query = sa.select(Glossary).where(col(Glossary.id) == glossary_id, seen(who, Glossary))
    return await session.scalar(query)


async def listed(session: AsyncSession, who: Principal, wanted: Wanted) -> tuple[Sequence[Glossary], int]:
    """A page by name, and the total."""
    conditions = [seen(who, Glossary)]
    if not wanted.archived:
        conditions.append(col(Glossary.archived_at).is_(None))
    if wanted.client_id is not None:
        conditions.append(col(Glossary.client_id) == wanted.client_id)
    if wanted.source_language is not None:
        conditions.append(col(Glossary.source_language) == wanted.source_language)
    total = await session.scalar(sa.select(sa.func.count()).select_from(Glossary).where(*conditions))
    found = await session.scalars(
        sa.select(Glossary)
        .where(*conditions)
        .order_by(sa.func.lower(col(Glossary.name)), col(Glossary.id))
        .offset(wanted.offset)
        .limit(wanted.limit)
    )
    return found.all(), total or 0


async def versions(
    session: AsyncSession, glossary_id: UUID, *, offset: int = 0, limit: int = 20
) -> tuple[Sequence[GlossaryVersion], int]:
    """A page, newest first, and the total."""
    unscoped("of a glossary that a guard handed over")
    mine = col(GlossaryVersion.glossary_id) == glossary_id
    total = await session.scalar(sa.select(sa.func.count()).select_from(GlossaryVersion).where(mine))
    found = await session.scalars(
        sa.select(GlossaryVersion)
        .where(mine)
        .order_by(col(GlossaryVersion.number).desc())
        .offset(offset)
        .limit(limit)
    )
    return found.all(), total or 0


async def version(session: AsyncSession, glossary_id: UUID, version_id: UUID) -> GlossaryVersion | None:
    unscoped("of a glossary that a guard handed over")
    return await session.scalar(
        sa.select(GlossaryVersion)
        .where(col(GlossaryVersion.glossary_id) == glossary_id, col(GlossaryVersion.id) == version_id)
        .execution_options(populate_existing=True)
    )


async def current(session: AsyncSession, glossary: Glossary) -> GlossaryVersion | None:
    """The active version, or else the newest."""
    if glossary.active_version_id is not None:
        return await version(session, glossary.id, glossary.active_version_id)
    newest, _ = await versions(session, glossary.id, limit=1)
    return newest[0] if newest else None


async def retire(session: AsyncSession, glossary: Glossary) -> tuple[UUID, UUID] | None:
    """Retires the version that was active for the client and language of `glossary`. The caller has locked the client's
    row, so that concurrent activations are serialised."""
    unscoped("of the client of a glossary that a guard handed over")
    active = (
        await session.execute(
            sa.select(col(Glossary.id), col(Glossary.active_version_id)).where(
                col(Glossary.client_id) == glossary.client_id,
                col(Glossary.source_language) == glossary.source_language,
                col(Glossary.active_version_id).is_not(None),
            )
        )
    ).first()
    if active is None or active[1] is None:
        return None
    await session.execute(
        sa.update(Glossary).where(col(Glossary.id) == active[0]).values(active_version_id=None)
    )
    return active[0], active[1]


async def pinned(session: AsyncSession, job: JobRef, *, anew: bool = False) -> UUID | None:
    """The version that the job is translated with, in every language: the client's active one when first needed, or
    when pinned `anew`. None if there is none."""
    unscoped("a worker asks about the job that it works on")
    active = active_version(job.client_id, job.source_language).scalar_subquery()
    pins = sa.true() if anew else col(Job.glossary_version_id).is_(None)
    await session.execute(
        sa.update(Job)
        .where(col(Job.id) == job.job_id, pins, active.is_not(None))
        .values(glossary_version_id=active)
    )
    return await session.scalar(sa.select(col(Job.glossary_version_id)).where(col(Job.id) == job.job_id))


async def in_force(session: AsyncSession, job: JobRef) -> UUID | None:
    """The version that `pinned` would return, without pinning it."""
    unscoped("a worker asks about the job that it works on")
    own = await session.scalar(sa.select(col(Job.glossary_version_id)).where(col(Job.id) == job.job_id))
    return own or await session.scalar(active_version(job.client_id, job.source_language))


def active_version(client_id: Any, source_language: Any) -> sa.Select[UUID | None]:
    """The active version of a client and a source language, as values or as columns: of the language itself, or else of
    the nearest language that covers it, in the order of `columns_for`."""
    known = col(Glossary.source_language)
    is_kind_of = sa.func.starts_with(sa.func.concat(source_language, "-"), sa.func.concat(known, "-"))
    place = sa.func.concat(_subtag(source_language, 1), "-", _subtag(source_language, 2))
    is_of_region = sa.tuple_(place, known).in_(of_regions())
    return (
        sa.select(col(Glossary.active_version_id))
        .where(
            col(Glossary.client_id) == client_id,
            col(Glossary.archived_at).is_(None),
            col(Glossary.active_version_id).is_not(None),
            sa.or_(is_kind_of, is_of_region),
        )
        .order_by(
            known.contains(
                "-"
            ).desc(),  # its script is nearer than its macrolanguage, and its region nearer than that
            is_kind_of.desc(),
            sa.func.length(known).desc(),
            col(Glossary.created_at).desc(),
        )
        .limit(1)
    )


def _subtag(language: Any, place: int) -> Any:
    return sa.func.split_part(language, "-", place)


async def terms_for(session: AsyncSession, version_id: UUID | None, language: str) -> list[Term]:
    """The terms of a version that apply to `language`; see `of_language`."""
    return of_language((await terms_of(session, {version_id})).get(version_id, ()), language)


async def terms_of(
    session: AsyncSession, version_ids: Collection[UUID | None]
) -> Mapping[UUID | None, Sequence[GlossaryTerm]]:
    """All terms of these versions. None stands for no glossary."""
    wanted = [version_id for version_id in version_ids if version_id is not None]
    terms: dict[UUID | None, list[GlossaryTerm]] = {}
    if wanted:
        for row in await session.scalars(
            sa.select(GlossaryTerm).where(col(GlossaryTerm.version_id).in_(wanted))
        ):
            terms.setdefault(row.version_id, []).append(row)
    return terms


def of_language(rows: Iterable[GlossaryTerm], language: str) -> list[Term]:
    """The terms that apply to `language`: with a column of its own (pt-BR), or else the nearest substitute (pt) in the
    same script. A word that is only forbidden in other languages does not apply."""
    terms, columns = [], columns_for(language)
    for row in rows:
        code = next(
            (code for code in columns if (word := row.targets.get(code)) and stands_in(word, code, language)),
            language,
        )
        target = row.targets.get(code) or ""
        if target or row.do_not_translate or (row.forbidden and not row.targets):
            terms.append(
                Term(
                    source=row.source,
                    target=target,
                    case_sensitive=row.case_sensitive,
                    do_not_translate=row.do_not_translate,
                    forbidden=row.forbidden,
                    notes=row.notes or "",
                    stands_in=code if code != language else "",
                    forms=_forms(row.forms, language),
                )
            )
    return sorted(terms, key=lambda term: (-len(term.source), term.source))


def _forms(forms: Mapping[str, Iterable[str]], language: str) -> tuple[str, ...]:
    """The forms of the language, of its substitutes, and of any language."""
    codes = (*columns_for(language), "")
    return tuple(dict.fromkeys(form for code in codes for form in forms.get(code, ())))
