"""Machine drafts: saved once, and never over a person's text."""

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
    """A machine's text. `inputs_hash` covers everything that it was made from."""

    language: str
    kind: Kind
    content: str
    inputs_hash: str
    origin: Origin = Origin.DRAFT
    note: str | None = None
    sources: dict[str, str] | None = None
    engine: str | None = None
    """The engine with its model; None if no provider made it."""


@dataclass(frozen=True, slots=True)
class Saved:
    version: int
    kept_human_edit: bool
    """Whether a person has written since. Their text stays current, and the draft was not saved."""


async def save_draft(
    session: AsyncSession,
    job_id: UUID,
    draft: Draft,
    *,
    is_source: bool,
    keep_human_edits: bool = True,
    profile: str | None = None,
) -> Saved:
    """Saves `draft` as the next version, unless it exists already or would replace a person's text. The language's row
    records the last engine, whoever wrote the current text. `is_source` says whether the language is the job's source
    language, because the row to lock may not exist yet. With `profile`, the findings are stored too; otherwise they are
    computed on first use."""
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
    """Whether a person's text stays current, so that a draft would be paid for in vain."""
    current = await latest(session, job_id, language, kind)
    return current is not None and stays(current, keep_human_edits=keep_human_edits)


def stays(current: TextVersion, *, keep_human_edits: bool) -> bool:
    """Whether no draft replaces `current`: a person wrote it, and human edits are kept."""
    return keep_human_edits and current.origin.by_person


def _is_same(current: TextVersion, draft: Draft) -> bool:
    """Whether the same draft exists already, even if there was another one since: its hash is unique to its version."""
    if current.inputs_hash == draft.inputs_hash:
        return True
    alike = current.content == draft.content and current.sources == (draft.sources or {})
    return alike and not current.origin.by_person
