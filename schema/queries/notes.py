"""Review notes, and their conversion to comments when a job is returned."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.job import JobSnapshot
from schema.enums import JobAction, NoteAsset
from schema.permissions import Principal
from schema.queries.seen import notes_visible_to
from schema.queries.visibility import unscoped
from schema.tables import QCComment, ReviewNote

_COMMENTS = UUID("5f0c6a53-6f0b-4a62-8c4e-2f1b60f6a9d3")
"""Namespace of the ids of comments that were made from notes."""


@dataclass(frozen=True, slots=True)
class NoteFilter:
    """The filters of a list; None does not filter."""

    language: str | None = None
    resolved: bool | None = None
    asset: NoteAsset | None = None


async def page(
    session: AsyncSession, who: Principal, job_id: UUID, wanted: NoteFilter, *, offset: int, limit: int
) -> tuple[Sequence[ReviewNote], int]:
    """A page of a job's notes, in the order of the video, and the total."""
    conditions = [col(ReviewNote.job_id) == job_id, notes_visible_to(who)]
    if wanted.language is not None:
        conditions.append(col(ReviewNote.language) == wanted.language)
    if wanted.asset is not None:
        conditions.append(col(ReviewNote.asset) == wanted.asset)
    if wanted.resolved is not None:
        resolved = col(ReviewNote.resolved_at).is_not(None)
        conditions.append(resolved if wanted.resolved else sa.not_(resolved))
    order = (col(ReviewNote.source_ms), col(ReviewNote.created_at), col(ReviewNote.id))
    found = await session.scalars(
        sa.select(ReviewNote).where(*conditions).order_by(*order).offset(offset).limit(limit)
    )
    total = await session.scalar(sa.select(sa.func.count()).select_from(ReviewNote).where(*conditions))
    return found.all(), total or 0


async def one(
    session: AsyncSession, who: Principal, job_id: UUID, note_id: UUID, *, with_deleted: bool = False
) -> ReviewNote | None:
    return await session.scalar(
        sa.select(ReviewNote)
        .where(
            col(ReviewNote.job_id) == job_id,
            col(ReviewNote.id) == note_id,
            notes_visible_to(who, with_deleted=with_deleted),
        )
        .execution_options(populate_existing=True)
    )


async def named(
    session: AsyncSession, who: Principal, job_id: UUID, note_ids: Collection[UUID]
) -> Sequence[ReviewNote]:
    """Those of `note_ids` that are visible notes of the job."""
    found = await session.scalars(
        sa.select(ReviewNote).where(
            col(ReviewNote.job_id) == job_id, col(ReviewNote.id).in_(note_ids), notes_visible_to(who)
        )
    )
    return found.all()


def returned_to(note: ReviewNote, languages: Collection[str]) -> list[str]:
    """The languages that a note is about, when `languages` are returned; none means the whole job. A note on the source
    video is about each of them."""
    if not languages or note.language in languages:
        return [note.language]
    return list(languages) if note.asset is NoteAsset.SOURCE else []


async def tell_returned(session: AsyncSession, snapshot: JobSnapshot) -> None:
    """Turns the notes of a return into open comments, in the transaction that shows the return. The same return makes
    the same comments."""
    unscoped("a worker's, of its job")
    decision = snapshot.decision
    if decision is None or decision.action is not JobAction.RETURN_TO_QC or not decision.notes:
        return
    found = await session.scalars(
        sa.select(ReviewNote)
        .where(
            col(ReviewNote.job_id) == snapshot.job.job_id,
            col(ReviewNote.id).in_(decision.notes),
            col(ReviewNote.deleted_at).is_(None),
        )
        .order_by(col(ReviewNote.source_ms), col(ReviewNote.id))
    )
    decided = decision.id or f"{snapshot.run_id}/{snapshot.sequence}"
    rows = [
        {
            "id": uuid5(_COMMENTS, f"{decided}/{note.id}/{language}"),
            "job_id": note.job_id,
            "language": language,
            "kind": note.kind,
            "cue_id": note.cue_id,
            "author_id": note.author_id,
            "text": note.text,
        }
        for note in found
        for language in returned_to(note, decision.languages)
    ]
    if rows:
        await session.execute(insert(QCComment).values(rows).on_conflict_do_nothing(index_elements=["id"]))
