"""Reviewed cues. A mark is for the cue as it was: saving another text clears it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from schema.enums import Kind
from schema.queries.arrays import among, unnested
from schema.tables import CueReview, TextVersion, now
from schema.vtt import Cue


def cue_hash(cue: Cue) -> str:
    """The hash of a cue. An edit of its words or times clears its mark."""
    return hashlib.sha256(f"{cue.start_ms} {cue.end_ms}\n{cue.settings}\n{cue.text}".encode()).hexdigest()


async def counted(
    session: AsyncSession, job_id: UUID, language: str | None = None
) -> Counter[tuple[str, Kind]]:
    """Number of marked cues by text, optionally of one language."""
    text = (col(CueReview.language), col(CueReview.kind))
    query = sa.select(*text, sa.func.count()).where(col(CueReview.job_id) == job_id)
    if language is not None:
        query = query.where(col(CueReview.language) == language)
    found = await session.execute(query.group_by(*text))
    return Counter({(code, kind): number for code, kind, number in found})


async def of_text(
    session: AsyncSession, job_id: UUID, language: str, kind: Kind
) -> Mapping[str, tuple[UUID, datetime]]:
    """By cue: who reviewed it, and when."""
    found = await session.execute(
        sa.select(col(CueReview.cue_id), col(CueReview.reviewer_id), col(CueReview.reviewed_at)).where(
            col(CueReview.job_id) == job_id,
            col(CueReview.language) == language,
            col(CueReview.kind) == kind,
        )
    )
    return {cue_id: (reviewer_id, at) for cue_id, reviewer_id, at in found}


async def mark(
    session: AsyncSession,
    job_id: UUID,
    language: str,
    kind: Kind,
    hashes: Mapping[str, str],
    reviewer_id: UUID,
) -> None:
    """Marks cues (id to `cue_hash`) of the current text. Marks of unchanged cues stay with their first reviewer. The
    caller has locked the language's row."""
    same = {"job_id": job_id, "language": language, "kind": kind, "reviewer_id": reviewer_id}
    rows = [
        {**same, "cue_id": cue_id, "text_hash": hashed, "reviewed_at": now()}
        for cue_id, hashed in hashes.items()
    ]
    table = CueReview.metadata.tables["cue_reviews"]
    new = insert(table)
    kept = ("text_hash", "reviewer_id", "reviewed_at")
    await session.execute(
        new.on_conflict_do_update(
            index_elements=["job_id", "language", "kind", "cue_id"],
            set_={name: new.excluded[name] for name in kept},
            where=table.c.text_hash != new.excluded.text_hash,
        ),
        rows,
    )


async def unmark(
    session: AsyncSession, job_id: UUID, language: str, kind: Kind, cue_ids: Collection[str]
) -> None:
    await session.execute(
        sa.delete(CueReview).where(
            col(CueReview.job_id) == job_id,
            col(CueReview.language) == language,
            col(CueReview.kind) == kind,
            col(CueReview.cue_id).in_(cue_ids),
        )
    )


async def clear_edited(session: AsyncSession, texts: Mapping[UUID, Mapping[str, str]]) -> None:
    """Clears marks of cues that are not in these versions (id to the hashes of its cues by cue id), if these are the
    newest of their texts."""
    cues = [(version, cue, hashed) for version, of in texts.items() for cue, hashed in of.items()]
    versions, ids, hashes = zip(*cues, strict=True) if cues else ((), (), ())
    there = unnested(
        "there",
        version_id=(sa.Uuid(), versions),
        cue_id=(sa.String(), ids),
        text_hash=(sa.String(), hashes),
    )
    newer = aliased(TextVersion)
    same = ("job_id", "language", "kind")
    await session.execute(
        sa.delete(CueReview)
        .where(
            among(col(TextVersion.id), texts),
            *(getattr(CueReview, name) == getattr(TextVersion, name) for name in same),
            ~sa.exists().where(
                *(getattr(newer, name) == getattr(TextVersion, name) for name in same),
                newer.version > col(TextVersion.version),
            ),
            ~sa.exists().where(
                there.c.version_id == col(TextVersion.id),
                there.c.cue_id == col(CueReview.cue_id),
                there.c.text_hash == col(CueReview.text_hash),
            ),
        )
        .execution_options(synchronize_session=False)
    )
