"""Jobs that skip final review by their client's policy."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.job import JobState
from schema.enums import JobStatus, Kind, LanguageStage
from schema.queries import assets, jobs, languages
from schema.queries.projection import approved_texts
from schema.queries.visibility import unscoped
from schema.tables import Client, Job, TextFindings, TextVersion


async def waiting(session: AsyncSession, *, limit: int) -> Sequence[UUID]:
    """Jobs in final review that were completed before, of clients with the policy. Unordered, so that those that do
    need a person do not block the others."""
    unscoped("the sweep serves all organisations")
    found = await session.scalars(
        sa.select(col(Job.id))
        .join(Client, col(Client.id) == col(Job.client_id))
        .where(
            col(Client.completes_itself),
            col(Job.status) == JobStatus.PENDING_FINAL_REVIEW,
            col(Job.completed_texts).is_not(None),
            col(Job.deleted_at).is_(None),
        )
        .order_by(sa.func.random())
        .limit(limit)
    )
    return found.all()


async def ripe(session: AsyncSession, job_id: UUID) -> Job | None:
    """The job, if it is in final review with the texts of its last completion, nothing blocks it, and every output
    exists. Its workflow refuses any other, and each refusal makes its history longer."""
    job = await jobs.load(session, job_id)
    if job is None or job.status is not JobStatus.PENDING_FINAL_REVIEW or job.deleted_at is not None:
        return None
    state = jobs.job_state(job, await languages.of_job(session, job_id))
    if not state.languages or approved_texts(state) != job.completed_texts:
        return None
    codes = (job.source_language, *state.outputs.targets(job.source_language))
    made = await assets.of_job(session, job_id, internal=True)
    wanted = {(code, kind) for code in codes for kind in state.outputs.wanted_assets()}
    if not wanted <= {(each.language, each.kind) for each in made}:
        return None
    if assets.unheard(state.outputs, made, codes) or await _blocked(session, job_id, state):
        return None
    return job


async def _blocked(session: AsyncSession, job_id: UUID, state: JobState) -> bool:
    """Whether an approved text has a blocking finding, or was never checked."""
    unscoped("of a job that the sweep looks at")
    approved = {
        (code, kind, number)
        for code, language in state.languages.items()
        if language.versions is not None and language.stage is not LanguageStage.REMOVED
        for kind in Kind
        if (number := language.versions.of(kind)) is not None
    }
    found = await session.execute(
        sa.select(col(TextVersion.language), col(TextVersion.kind), col(TextVersion.version))
        .join(TextFindings, col(TextFindings.version_id) == col(TextVersion.id))
        .where(col(TextVersion.job_id) == job_id, col(TextFindings.blocking) == 0)
    )
    return not approved <= {(row.language, row.kind, row.version) for row in found}
