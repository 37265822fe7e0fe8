"""What one sweep asks of the database: 10,000 open jobs, each with ten languages, against 200 of them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
import sqlalchemy as sa

from schema.db import Database
from schema.queries import sweeps
from tests.benchmarks.conftest import Compare
from tests.factories import make_job, settings_for
from tests.workflows.platform import PLAIN

pytestmark = pytest.mark.bench
_ROUNDS = 15
_PAGE = 200
_COPY_JOB = """
insert into jobs (id, org_id, client_id, project_id, creator_id, title, notes, source_language, requested_outputs,
    filename, content_type, size_bytes, source_object, status, started_at, projected_at, state)
select gen_random_uuid(), org_id, client_id, project_id, creator_id, title, notes, source_language,
    requested_outputs, filename, content_type, size_bytes, source_object, :status, now(),
    now() - interval '1 day' + n * interval '1 second', '{}'::jsonb
from jobs, generate_series(1, :count) n where id = :id
"""
_COPY_LANGUAGES = """
insert into job_languages (job_id, language, is_source, stage, qc_state, revision)
select id, 'l' || n, false, 'language_qc', 'assigned', 0 from jobs, generate_series(1, 10) n
where not exists (select from job_languages where job_id = jobs.id and language = 'l1')
"""


async def one_sweep(database: Database) -> float:
    """Seconds that a sweep waits for the database, in the middle of the open jobs."""
    before, after, took = datetime.now(UTC) - timedelta(minutes=1), None, []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        async with database.begin() as session:
            page = await sweeps.silent(session, after, before, limit=_PAGE)
        async with database.begin() as session:
            await sweeps.languages_at_work(session, [each.id for each in page])
        took.append(time.perf_counter() - began)
        after = page[-1] if len(page) == _PAGE else None
    return median(took)


async def test_a_sweep_is_flat(own_database: str, ratio: Compare) -> None:
    database = Database.connect(settings_for(own_database))
    try:
        first = await make_job(database, PLAIN)

        async def grow(count: int, status: str) -> None:
            async with database.begin() as session:
                values = {"count": count, "status": status, "id": first.id}
                await session.execute(sa.text(_COPY_JOB), values)
                await session.execute(sa.text(_COPY_LANGUAGES))
            async with database.begin() as session:
                await session.execute(sa.text("analyze jobs, job_languages"))

        await grow(200, "language_qc")
        few = await one_sweep(database)
        await grow(9_800, "language_qc")
        await grow(20_000, "completed")
        many = await one_sweep(database)
    finally:
        await database.close()
    ratio("a sweep at 10,000 open jobs, to one at 200", many, few, at_most=1.5)
