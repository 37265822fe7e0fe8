"""People's choices for single AD cues, stored by cue id, so that they survive edits of the text."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.plan.model import Choice
from schema.queries import uploads
from schema.queries.visibility import unscoped
from schema.tables import CueChoice, now


async def of_language(session: AsyncSession, job_id: UUID, language: str) -> dict[str, Choice]:
    """By cue id."""
    rows = await session.scalars(
        sa.select(CueChoice).where(col(CueChoice.job_id) == job_id, col(CueChoice.language) == language)
    )
    return {row.cue_id: Choice.model_validate(row.choice) for row in rows}


async def put(
    session: AsyncSession, job_id: UUID, language: str, cue_id: str, choice: Choice, author_id: UUID | None
) -> None:
    """Stores `choice` instead of the earlier one for this cue. A recording that it replaces is released."""
    unscoped("of a job that a guard handed over")
    key = (
        col(CueChoice.job_id) == job_id,
        col(CueChoice.language) == language,
        col(CueChoice.cue_id) == cue_id,
    )
    before = await session.scalar(sa.select(col(CueChoice.choice)["recording"].astext).where(*key))
    if before is not None and before != choice.recording:
        await uploads.let_go(session, job_id, [uploads.object_of(before)])
    values = {"choice": choice.model_dump(mode="json"), "author_id": author_id, "updated_at": now()}
    await session.execute(
        insert(CueChoice)
        .values(job_id=job_id, language=language, cue_id=cue_id, **values)
        .on_conflict_do_update(index_elements=["job_id", "language", "cue_id"], set_=values)
    )
