"""Which snapshot a row keeps, whatever order they arrive in and whatever the server's clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schema.contracts.job import JobSnapshot, JobState
from schema.contracts.language import LanguageSnapshot, LanguageState
from schema.db import Database
from schema.queries import jobs
from schema.queries.projection import LAST, write_job, write_language
from tests.factories import make_job
from tests.workflows.platform import PLAIN

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("of_language", [False, True])
async def test_one_run_counts_and_runs_follow_each_other_in_time(
    database: Database, of_language: bool
) -> None:
    job = await make_job(database, PLAIN)
    ref = jobs.job_ref(job)

    async def is_kept(run_id: str, sequence: int, at: datetime) -> bool:
        about: dict[str, Any] = {"job": ref, "sequence": sequence, "run_id": run_id}
        async with database.begin() as session:
            if of_language:
                state = LanguageState(language="en", is_source=True)
                return await write_language(session, LanguageSnapshot(state=state, **about), at)
            return await write_job(session, JobSnapshot(state=JobState(outputs=PLAIN), **about), at)

    assert await is_kept("first", 1, NOON)
    assert not await is_kept("first", 1, NOON), "another attempt"
    assert await is_kept("first", 3, NOON - 60 * SECOND), "the clock was set back"
    assert not await is_kept("first", 2, NOON), "of a worker that was cut off"

    assert not await is_kept("before", 9, NOON - 90 * SECOND), "of the run before a reset"
    assert await is_kept("reset", 1, NOON), "which begins to count again"
    assert not await is_kept("first", 4, NOON - SECOND)

    assert await is_kept("reset", LAST, NOON + SECOND), "it was terminated"
    assert not await is_kept("reset", 7, NOON + 2 * SECOND), "what was under way then"
    assert await is_kept("next", 1, NOON + 3 * SECOND)
