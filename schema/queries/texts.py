"""Versions of texts: read, and saved by people under the lock of their language's row (`languages.one`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col

from schema.enums import Kind, Origin
from schema.queries.arrays import among
from schema.tables import TextFindings, TextVersion


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """A version without its text."""

    version: int
    base_version: int | None
    origin: Origin
    author_id: UUID | None
    note: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Current:
    """The current version of a text."""

    id: UUID
    language: str
    kind: Kind
    version: int


async def latest(session: AsyncSession, job_id: UUID, language: str, kind: Kind) -> TextVersion | None:
    """The current text."""
    return await session.scalar(
        _of(job_id, language, kind).order_by(col(TextVersion.version).desc()).limit(1)
    )


async def latest_by(
    session: AsyncSession, job_id: UUID, language: str, kind: Kind, origin: Origin
) -> TextVersion | None:
    """The newest text with this origin."""
    return await session.scalar(
        _of(job_id, language, kind)
        .where(col(TextVersion.origin) == origin)
        .order_by(col(TextVersion.version).desc())
        .limit(1)
    )


async def version(
    session: AsyncSession, job_id: UUID, language: str, kind: Kind, number: int
) -> TextVersion | None:
    return await session.scalar(_of(job_id, language, kind).where(col(TextVersion.version) == number))


async def saved_as(session: AsyncSession, version_id: UUID) -> TextVersion | None:
    """The version with this id, which an earlier attempt of the same request saved."""
    return await session.scalar(sa.select(TextVersion).where(col(TextVersion.id) == version_id))


async def contents(
    session: AsyncSession, job_id: UUID, language: str, wanted: Collection[tuple[Kind, int]]
) -> Mapping[tuple[Kind, int], str]:
    """The texts of these versions (kind, number) of a language."""
    if not wanted:
        return {}
    found = await session.execute(
        sa.select(col(TextVersion.kind), col(TextVersion.version), col(TextVersion.content)).where(
            col(TextVersion.job_id) == job_id,
            col(TextVersion.language) == language,
            sa.tuple_(col(TextVersion.kind), col(TextVersion.version)).in_(list(wanted)),
        )
    )
    return {(kind, number): content for kind, number, content in found}


async def all_latest(
    session: AsyncSession, job_id: UUID, languages: Collection[str]
) -> list[tuple[Current, TextFindings | None]]:
    """The current version of every kind of these languages of a job, with counts of its findings but not the findings
    themselves."""
    newest = (
        sa.select(
            col(TextVersion.id).label("id"),
            col(TextVersion.language).label("language"),
            col(TextVersion.kind).label("kind"),
            col(TextVersion.version).label("version"),
        )
        .where(col(TextVersion.job_id) == job_id, among(col(TextVersion.language), languages))
        .ext(distinct_on(col(TextVersion.language), col(TextVersion.kind)))
        .order_by(col(TextVersion.language), col(TextVersion.kind), col(TextVersion.version).desc())
        .subquery()
    )
    found = await session.execute(
        sa.select(*newest.c, TextFindings)
        .outerjoin(TextFindings, col(TextFindings.version_id) == newest.c.id)
        .options(defer(TextFindings.findings, raiseload=True))  # type: ignore[arg-type]
    )
    return [(Current(*text), known) for *text, known in found]


async def with_ids(session: AsyncSession, ids: Collection[UUID]) -> Sequence[TextVersion]:
    """These versions, with their texts."""
    found = await session.scalars(
        sa.select(TextVersion)
        .where(among(col(TextVersion.id), ids))
        .execution_options(populate_existing=True)
    )
    return found.all()


async def history(
    session: AsyncSession, job_id: UUID, language: str, kind: Kind, *, offset: int, limit: int
) -> tuple[list[VersionInfo], int]:
    """Newest first, and the total."""
    conditions = _conditions(job_id, language, kind)
    found = await session.execute(
        sa.select(
            col(TextVersion.version),
            col(TextVersion.base_version),
            col(TextVersion.origin),
            col(TextVersion.author_id),
            col(TextVersion.note),
            col(TextVersion.created_at),
        )
        .where(*conditions)
        .order_by(col(TextVersion.version).desc())
        .offset(offset)
        .limit(limit)
    )
    total = await session.scalar(sa.select(sa.func.count()).select_from(TextVersion).where(*conditions)) or 0
    return [VersionInfo(*row) for row in found], total


async def save(session: AsyncSession, text: TextVersion) -> None:
    """Adds a version. The caller has locked the language's row, and has compared the current version."""
    session.add(text)
    await session.flush()


def _conditions(job_id: UUID, language: str, kind: Kind) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(TextVersion.job_id) == job_id,
        col(TextVersion.language) == language,
        col(TextVersion.kind) == kind,
    )


def _of(job_id: UUID, language: str, kind: Kind) -> sa.Select[TextVersion]:
    return sa.select(TextVersion).where(*_conditions(job_id, language, kind))
