"""Jobs whose workflow begins in source QC: their drafts are there, and no upload and no step came before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from temporalio.client import Client

from schema import objects
from schema.contracts.job import JobState
from schema.contracts.media import Fraction
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Artifacts
from schema.db import Database
from schema.enums import JobStatus, Kind
from schema.queries import jobs
from schema.queries.drafts import Draft, save_draft
from schema.tables import Job, now
from tests.api.people import Tenant
from tests.fakes.steps import CAPTIONS, SCRIPT, FakeSteps
from workflows import names
from workflows.start import start_job

ARTIFACTS = Artifacts(
    media_report="report.json",
    scenes_found=True,
    speech_audio="audio.flac",
    words="words.json",
    sight="sight.json",
    duration_ms=10_000,
    has_audio=True,
    frame_rate=Fraction(num=25),
)
"""What `FakeSteps` leave behind."""


def drafted_fields(outputs: RequestedOutputs) -> dict[str, Any]:
    """Of the row of such a job."""
    state = JobState(status=JobStatus.PENDING_QC, outputs=outputs, artifacts=ARTIFACTS)
    return {"status": state.status, "state": state.model_dump(mode="json"), "started_at": now()}


async def begin_drafted(database: Database, client: Client, job: Job) -> None:
    """Writes the drafts of a job with `drafted_fields`, and starts its workflow."""
    drafts = {Kind.CAPTIONS: CAPTIONS, Kind.AUDIO_DESCRIPTION: SCRIPT}
    async with database.begin() as session:
        for kind in jobs.job_state(job).outputs.wanted_kinds():
            draft = Draft(job.source_language, kind, drafts[kind], objects.hash_of(kind.value))
            await save_draft(session, job.id, draft, is_source=True)
    assert await start_job(client, jobs.job_ref(job), jobs.job_state(job), job.title)
    run_id = (await client.get_workflow_handle(names.job_workflow_id(job.id)).describe()).run_id
    async with database.begin() as session:
        await session.execute(sa.update(Job).where(col(Job.id) == job.id).values(run_id=run_id))


@dataclass(frozen=True, slots=True)
class Drafted:
    """Makes such jobs of a tenant, for tests of what comes later."""

    database: Database
    client: Client
    steps: FakeSteps

    async def job(self, tenant: Tenant, **outputs: Any) -> UUID:
        wanted = RequestedOutputs(**outputs)
        job = await tenant.job(self.database, outputs=wanted, **drafted_fields(wanted))
        self.steps.jobs.add(job.id)
        await begin_drafted(self.database, self.client, job)
        return job.id
