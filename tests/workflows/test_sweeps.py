"""The sweeps: each thing by itself, one page at a time, from where the last one ended."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError
from temporalio.worker import Worker

from schema.contracts.job import JobInput
from schema.contracts.sweeps import Cursor, LastJob, SweepInput, Swept
from schema.db import Database
from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, MailKind, Sweep
from schema.queries import jobs, sweeps
from schema.tables import Attempt, Job, JobLanguage, Mail
from tests.factories import insert_job, make_job, make_project, settings_for
from tests.workflows import staff
from tests.workflows.platform import PLAIN, Platform, eventually
from workers.registry import SANDBOX
from workflows import names
from workflows.maintenance import MaintenanceWorkflow

MINUTES = timedelta(minutes=1)


async def change(platform: Platform, table: Any, job_id: UUID, **values: Any) -> None:
    key = Job.id if table is Job else JobLanguage.job_id
    async with platform.database.begin() as session:
        await session.execute(sa.update(table).where(key == job_id).values(**values))


async def unreadable(platform: Platform, job_id: UUID) -> None:
    """The row as a newer build might write it."""
    row = await platform.row(job_id)
    await change(platform, Job, job_id, state={**(row.state or {}), "status": "of_a_newer_build"})


def a_while_ago() -> Cursor:
    return Cursor(since=datetime.now(UTC) - 2 * MINUTES)


# One bad thing stops nothing (T3)


async def test_a_copied_and_terminated_workflow_stops_no_repair(platform: Platform) -> None:
    job_id = await platform.to_source_qc()
    row = await platform.row(job_id)
    copy = await platform.client.start_workflow(
        names.JOB_WORKFLOW,
        JobInput(job=jobs.job_ref(row), state=jobs.job_state(row)),
        id=f"copy-of-a-job-{uuid4().hex[:8]}",
        task_queue="nobody",
    )
    await copy.terminate()
    await platform.job(job_id).terminate()
    ended = f"ExecutionStatus = 'Terminated' AND WorkflowId IN ('{copy.id}', 'job-{job_id}')"
    await staff.listed(platform.client, ended, 2)
    swept = await platform.repair_rows(a_while_ago())
    assert (await platform.row(job_id)).status is JobStatus.FAILED
    assert swept.failed >= 1
    assert any(copy.id in each for each in swept.failures)


async def test_a_row_that_this_code_cannot_read_stops_no_sweep(platform: Platform) -> None:
    bad, good = [await platform.to_source_qc() for _ in range(2)]
    long_ago = datetime.now(UTC) - MINUTES
    orphan, bad_orphan = [
        (await make_job(platform.database, PLAIN, created_at=long_ago)).id for _ in range(2)
    ]
    platform.steps.jobs.add(orphan)
    await unreadable(platform, bad_orphan)
    await unreadable(platform, bad)
    for job_id in (bad, good):
        await platform.job(job_id).terminate()
    ended = f"ExecutionStatus = 'Terminated' AND WorkflowId IN ('job-{bad}', 'job-{good}')"
    await staff.listed(platform.client, ended, 2)

    repaired = await platform.repair_rows(a_while_ago())
    assert (await platform.row(good)).status is JobStatus.FAILED
    assert any(str(bad) in each for each in repaired.failures)

    started = await platform.start_orphans()
    assert any(str(bad_orphan) in each for each in started.failures)
    await platform.until(orphan, JobStatus.PENDING_QC)
    await change(platform, Job, bad_orphan, deleted_at=datetime.now(UTC))


async def test_a_mail_whose_start_was_lost_is_started_once(platform: Platform) -> None:
    long_ago = datetime.now(UTC) - 2 * MINUTES
    lost = Mail(kind=MailKind.JOB_COMPLETED, user_id=None, about={}, created_at=long_ago)
    just_now = Mail(kind=MailKind.JOB_COMPLETED, user_id=None, about={})
    async with platform.database.begin() as session:
        session.add_all([lost, just_now])
    for _ in range(2):
        swept = await platform.start_orphans()
        assert not any(str(lost.id) in each for each in swept.failures)
    started = await platform.client.get_workflow_handle(names.mail_workflow_id(lost.id)).describe()
    assert (started.workflow_type, started.task_queue) == (names.MAIL_WORKFLOW, names.Queue.JOBS)
    with pytest.raises(RPCError):
        await platform.client.get_workflow_handle(names.mail_workflow_id(just_now.id)).describe()


# Languages that are gone (T8)


@pytest.mark.parametrize("how", ["deleted", "closed by hand"])
@pytest.mark.parametrize("stage", [LanguageStage.LANGUAGE_QC, LanguageStage.READY])
async def test_a_language_whose_workflow_is_gone_is_begun_again(
    platform: Platform, how: str, stage: LanguageStage
) -> None:
    job_id = await platform.to_languages()
    await platform.assign(job_id, "es")
    if stage is LanguageStage.READY:
        await platform.review(job_id, "es")
        await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    if how == "deleted":
        await platform.forget(platform.language(job_id, "es"))
    else:
        run_id = (await platform.language(job_id, "es").describe()).run_id
        await platform.language(job_id, "es").signal(names.CLOSE)
        await eventually(lambda: has_ended(platform, job_id, "es", run_id))
    await platform.be_silent(job_id, 2 * MINUTES)
    await platform.start_orphans()
    described = await platform.language(job_id, "es").describe()
    assert described.status is WorkflowExecutionStatus.RUNNING
    state = await platform.language_state(job_id, "es")
    assert (state.stage, state.linguist_id) == (stage, platform.people[0])
    if stage is LanguageStage.READY:
        await platform.decide_language(job_id, "es", LanguageAction.REOPEN)
        await platform.decide_language(job_id, "es", LanguageAction.SUBMIT)
        await platform.decide_language(job_id, "es", LanguageAction.OPEN_REVIEW)
        await platform.decide_language(job_id, "es", LanguageAction.APPROVE)
    else:
        await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.COMPLETE)
    await eventually(lambda: has_ended(platform, job_id, "es"))


async def has_ended(platform: Platform, job_id: UUID, code: str, run_id: str | None = None) -> bool:
    """Its newest run, or one of them: the job may have begun another at once."""
    workflow_id = platform.language(job_id, code).id
    described = await platform.client.get_workflow_handle(workflow_id, run_id=run_id).describe()
    return described.status is not WorkflowExecutionStatus.RUNNING


async def test_a_language_of_a_job_that_has_ended_is_not_begun_again(platform: Platform) -> None:
    """Its row may say so a little later than its workflow knows it."""
    job_id = await platform.to_final_review()
    before = await platform.row(job_id)
    await platform.decide(job_id, JobAction.COMPLETE)
    await platform.job(job_id).result()
    await change(
        platform, Job, job_id, status=before.status, state=before.state, projected_at=before.projected_at
    )
    await platform.be_silent(job_id, 2 * MINUTES)
    await platform.start_orphans()
    assert await has_ended(platform, job_id, "es")


async def test_a_language_that_was_terminated_waits_for_a_person(platform: Platform) -> None:
    job_id = await platform.to_languages()
    await platform.language(job_id, "es").terminate()
    await platform.be_silent(job_id, 2 * MINUTES)
    await platform.start_orphans()
    assert await has_ended(platform, job_id, "es")


# Flat, however many there are (T12)


async def test_the_longest_silent_job_comes_first_and_each_has_its_turn(clean_database: str) -> None:
    database = Database.connect(settings_for(clean_database))
    try:
        org, client, project, user = await make_project(database)
        whose = {
            "org_id": org.id,
            "client_id": client.id,
            "project_id": project.id,
            "creator_id": user.id,
        }
        began = datetime(2026, 1, 1, tzinfo=UTC)
        made = [
            (
                await insert_job(
                    database,
                    PLAIN,
                    **whose,
                    status=JobStatus.COMPLETED if number == 3 else JobStatus.PENDING_QC,
                    started_at=began,
                    projected_at=None if number == 0 else began + number // 2 * MINUTES,
                )
            ).id
            for number in range(7)
        ]
        seen: list[UUID] = []
        after: LastJob | None = None
        while True:
            async with database.begin() as session:
                page = await sweeps.silent(session, after, began + timedelta(days=1), limit=2)
            if not page:
                break
            seen += [each.id for each in page]
            after = page[-1]
        assert len(seen) == len(set(seen))
        assert set(seen) == set(made) - {made[3]}
        assert seen.index(made[2]) < seen.index(made[4]) < seen.index(made[6])
        page_after = sweeps.silent_page(LastJob(at=began, id=uuid4()), datetime.now(UTC), limit=2)
        asked = page_after.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        async with database.begin() as session:
            await session.execute(sa.text("set local enable_seqscan = off"))
            plan = (await session.scalars(sa.text(f"explain {asked}"))).all()
        assert "ix_jobs_open_heard_at" in "".join(plan)
    finally:
        await database.close()


async def test_a_sweep_goes_on_where_the_last_one_ended(platform: Platform) -> None:
    since = datetime.now(UTC) - 10 * MINUTES
    first = await platform.repair_rows(Cursor(since=since))
    assert first.cursor.since is not None
    assert since < first.cursor.since < datetime.now(UTC) - MINUTES, "what is listed late is seen too"
    assert (await platform.start_orphans()).cursor.after is None, "its last page is followed by the first"


async def test_too_many_at_once_are_seen_to_in_parts(platform: Platform) -> None:
    made = [await platform.to_source_qc() for _ in range(3)]
    cursor = Cursor(since=datetime.now(UTC))
    for job_id in made:
        await platform.job(job_id).terminate()
        await asyncio.sleep(1.1)
    ids = ", ".join(f"'job-{each}'" for each in made)
    await staff.listed(platform.client, f"ExecutionStatus = 'Terminated' AND WorkflowId IN ({ids})", 3)
    repaired = []
    while not repaired or repaired[-1]:
        swept = await platform.repair_rows(cursor, later=3 * MINUTES, at_most=1)
        cursor = swept.cursor
        repaired.append(swept.seen_to)
    assert sum(repaired) == 3
    assert max(repaired) < 3
    for job_id in made:
        assert (await platform.row(job_id)).status is JobStatus.FAILED


# As a workflow


async def test_a_sweep_expires_what_is_old(platform: Platform) -> None:
    old, new = uuid4(), uuid4()
    async with platform.database.begin() as session:
        for each, age in ((old, timedelta(days=2)), (new, timedelta(hours=1))):
            session.add(Attempt(id=each, subject=each.hex, created_at=datetime.now(UTC) - age))
    swept = await platform.client.execute_workflow(
        names.SWEEP_WORKFLOW,
        SweepInput(sweep=Sweep.EXPIRE_RECORDS),
        id=f"sweep-{uuid4()}",
        task_queue=names.Queue.SWEEPS.value,
        execution_timeout=MINUTES,
        result_type=Swept,
    )
    assert (swept.failed, swept.seen_to >= 1) == (0, True)
    async with platform.database.begin() as session:
        assert await session.get(Attempt, old) is None
        assert await session.get(Attempt, new) is not None


@workflow.defn(name=names.MAINTENANCE_WORKFLOW, sandboxed=False)
class OfTheOlderBuild:
    """Its first turn."""

    @workflow.run
    async def run(self) -> None:
        for name, inputs in (
            ("start_orphans", []),
            ("repair_rows", [Cursor(since=workflow.now())]),
            ("expire_records", []),
        ):
            await workflow.execute_activity(
                name, args=inputs, task_queue=names.Queue.RECORDS.value, start_to_close_timeout=MINUTES
            )
        await workflow.sleep(timedelta(seconds=10))


async def test_a_maintenance_workflow_of_the_older_build_ends(platform: Platform) -> None:
    """Within its next turn, with what it has asked for done."""
    queue, client = f"old-{uuid4()}", platform.client
    async with Worker(client, task_queue=queue, workflows=[OfTheOlderBuild], build_id="older"):
        handle = await client.start_workflow(
            names.MAINTENANCE_WORKFLOW, id=f"maintenance-{uuid4()}", task_queue=queue
        )

        async def sleeps() -> bool:
            events = [each async for each in handle.fetch_history_events()]
            return any(each.HasField("timer_started_event_attributes") for each in events)

        await eventually(sleeps)
    async with Worker(
        client, task_queue=queue, workflows=[MaintenanceWorkflow], workflow_runner=SANDBOX, build_id="newer"
    ):
        await asyncio.wait_for(handle.result(), 40)
    done = [
        event
        async for event in handle.fetch_history_events()
        if event.HasField("activity_task_completed_event_attributes")
    ]
    assert len(done) == 3
