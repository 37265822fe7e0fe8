"""When a job failed: what is decided about it later does not move the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from schema.contracts.job import Failure, JobSnapshot, JobState
from schema.contracts.language import LanguageSnapshot, LanguageState
from schema.contracts.outputs import RequestedOutputs
from schema.db import Database
from schema.enums import JobStatus, LanguageStage, Role, Step
from schema.queries import failures, jobs
from schema.queries.projection import write_job, write_language
from tests.api.people import make_tenant

PATH = "/production/failures"
OUTPUTS = RequestedOutputs(captions_vtt=True, languages=("es",))
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("language", [None, "es"], ids=["of the job", "of a language"])
async def test_a_later_decision_leaves_it_as_it_was(
    language: str | None, database: Database, http: httpx.AsyncClient
) -> None:
    tenant = await make_tenant(database, http)
    job = await tenant.job(database, outputs=OUTPUTS)
    about: dict[str, Any] = {"job": jobs.job_ref(job), "run_id": "run"}
    said = {"step": Step.TRANSLATE if language else Step.PROBE, "language": language, "code": "timeout"}

    async def is_told(sequence: int, at: datetime, *, reason: str | None) -> None:
        failure = Failure(**said, reason=reason) if reason else None
        status = JobStatus.FAILED if reason else JobStatus.TRANSLATING
        state = JobState(outputs=OUTPUTS, status=status, failure=failure)
        async with database.begin() as session:
            assert await write_job(session, JobSnapshot(state=state, sequence=sequence, **about), at)
            if language:
                stage = LanguageStage.FAILED if reason else LanguageStage.TRANSLATING
                of_language = LanguageState(language=language, is_source=False, stage=stage, failure=failure)
                snapshot = LanguageSnapshot(state=of_language, sequence=sequence, **about)
                assert await write_language(session, snapshot, at)

    async def found(**query: str) -> list[datetime]:
        answer = await tenant[Role.PRODUCTION].get(PATH, params=query)
        return [datetime.fromisoformat(each["failed_at"]) for each in answer.json()["items"]]

    await is_told(1, NOON, reason="It took too long")
    await is_told(2, NOON + HOUR, reason="It took too long")  # such as another due date
    assert await found() == [NOON]
    assert await found(since=(NOON + HOUR / 2).isoformat()) == []
    await is_told(3, NOON + 2 * HOUR, reason=None)  # it is retried
    assert await found() == []
    await is_told(4, NOON + 3 * HOUR, reason="It took too long")
    assert await found(since=(NOON + HOUR / 2).isoformat()) == [NOON + 3 * HOUR]


async def test_health_counts_what_failed_of_late(database: Database, http: httpx.AsyncClient) -> None:
    """A failure of yesterday about which somebody decides today is none of the last hour."""
    tenant = await make_tenant(database, http)
    job = await tenant.job(database, outputs=OUTPUTS)
    about: dict[str, Any] = {"job": jobs.job_ref(job), "run_id": "run"}
    failure = Failure(step=Step.TRANSCRIBE, code="provider_failed", reason="It did not answer")
    state = JobState(outputs=OUTPUTS, status=JobStatus.FAILED, failure=failure)
    now = datetime.now(UTC)
    async with database.begin() as session:
        before = (await failures.of_providers(session)).get(Step.TRANSCRIBE, 0)
        for sequence, at in enumerate((now - 24 * HOUR, now), start=1):
            assert await write_job(session, JobSnapshot(state=state, sequence=sequence, **about), at)
        assert (await failures.of_providers(session)).get(Step.TRANSCRIBE, 0) == before
