"""Texts that machines write: saved once, and never over a person's."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import Kind, Origin
from schema.queries import findings, jobs, languages
from schema.queries.projection import ensure_language
from schema.queries.texts import latest, save
from schema.tables import TextVersion


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that a machine wrote; `inputs_hash` is of everything that it was made from."""

    language: str
    kind: Kind
    content: str
    inputs_hash: str
    origin: Origin = Origin.DRAFT
    note: str | None = None
    sources: dict[str, str] | None = None
    engine: str | None = None
    """What drafted it, with its model; None of what no provider made."""


@dataclass(frozen=True, slots=True)
class Saved:
    version: int
    kept_human_edit: bool
    """A person wrote since: their text stays the current one, and the draft was not saved."""


async def save_draft(
    session: AsyncSession,
    job_id: UUID,
    draft: Draft,
    *,
    is_source: bool,
    keep_human_edits: bool = True,
    profile: str | None = None,
) -> Saved:
    """Save `draft` as the next version, unless it is there already or a person's text would be replaced.

    Which engine was asked last stands in the language's row, whoever wrote the text that is current.

    `is_source` says whether the language is the job's own, for the row that is locked may not exist yet. With the
    `profile` of the quality rules its findings are stored too; without, they are found when somebody looks.
    """
    await ensure_language(session, job_id, draft.language, is_source=is_source)
    row = await languages.one(session, job_id, draft.language, lock=True)
    if row is not None and draft.engine is not None:
        row.engines = {**row.engines, draft.kind.value: draft.engine}
    current = await latest(session, job_id, draft.language, draft.kind)
    if current is not None and _is_same(current, draft):
        return Saved(current.version, kept_human_edit=False)
    if current is not None and stays(current, keep_human_edits=keep_human_edits):
        return Saved(current.version, kept_human_edit=True)
    known = await session.scalar(
        sa.select(TextVersion).where(
            col(TextVersion.job_id) == job_id,
            col(TextVersion.language) == draft.language,
            col(TextVersion.kind) == draft.kind,
            col(TextVersion.inputs_hash) == draft.inputs_hash,
        )
    )
    version = (current.version if current else 0) + 1
    text = TextVersion(
        job_id=job_id,
        language=draft.language,
        kind=draft.kind,
        version=version,
        base_version=current.version if current else None,
        content=draft.content,
        origin=draft.origin,
        note=draft.note,
        inputs_hash=None if known else draft.inputs_hash,
        sources=draft.sources or {},
    )
    await save(session, text)
    job = await jobs.load(session, job_id)
    if profile is not None and job is not None and row is not None:
        await findings.find(session, job, row, text, profile)
    return Saved(version, kept_human_edit=False)


async def is_kept(
    session: AsyncSession, job_id: UUID, language: str, kind: Kind, *, keep_human_edits: bool
) -> bool:
    """Whether a person's text stays the current one: then nothing is paid for a draft that nobody will see."""
    current = await latest(session, job_id, language, kind)
    return current is not None and stays(current, keep_human_edits=keep_human_edits)


def stays(current: TextVersion, *, keep_human_edits: bool) -> bool:
    """Whether no draft takes the place of `current`: a person wrote it, and what people write is kept."""
    return keep_human_edits and current.origin.by_person


def _is_same(current: TextVersion, draft: Draft) -> bool:
    """Also where the same draft was made once before, and another since: the hash is that version's alone."""
    if current.inputs_hash == draft.inputs_hash:
        return True
    alike = current.content == draft.content and current.sources == (draft.sources or {})
    return alike and not current.origin.by_person
