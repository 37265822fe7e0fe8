"""Jobs whose histories grow long: they go on in new runs, and nothing is lost or doubled on the way."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
import sqlalchemy as sa
from temporalio.client import Client, WorkflowHandle

from activities.storage import GoogleStorage
from deploy.local.ports import Ports
from deploy.local.supervisor import Supervisor
from deploy.local.temporal import ensure
from deploy.local.temporal_server import temporal_service
from schema.contracts.job import JobDecision
from schema.contracts.language import LanguageDecision
from schema.db import Database
from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, QCState
from tests.fakes.workers import Workers
from tests.workflows.platform import SPANISH, Platform, eventually
from tests.workflows.recorded import CONTINUED, write_history
from workflows.converter import data_converter

SUGGESTED = 60
"""Events after which the server suggests to continue as new; 4,096 in production."""
ROUND = (
    LanguageAction.SUBMIT,
    LanguageAction.OPEN_REVIEW,
    LanguageAction.REJECT,
    LanguageAction.REOPEN,
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def impatient(
    stack_folder: Path, supervisor: Supervisor, database: Database, object_store: GoogleStorage
) -> AsyncIterator[Workers]:
    """Workers on a server that finds histories long early."""
    port = Ports.free().settle().temporal_port
    service = temporal_service(
        ensure(), stack_folder / "impatient.db", port=port, ui_port=None, durable=False
    )
    limit = ("--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={SUGGESTED}")
    await supervisor.start(replace(service, name="temporal-impatient", argv=(*service.argv, *limit)))
    client = await Client.connect(f"127.0.0.1:{port}", data_converter=data_converter)
    async with Workers(client, database, object_store) as workers:
        yield workers


@pytest.fixture
def long_lived(impatient: Workers, database: Database, object_store: GoogleStorage) -> Platform:
    impatient.steps.begin_test()
    return Platform(impatient.client, database, object_store, impatient)


async def generations(platform: Platform, handle: WorkflowHandle) -> int:
    query = f"WorkflowId = '{handle.id}' AND ExecutionStatus = 'ContinuedAsNew'"
    return (await platform.client.count_workflows(query)).count


async def happened(platform: Platform, job_id: UUID) -> Counter[str]:
    async with platform.database.begin() as session:
        query = sa.text("select type from job_events where job_id = :id")
        return Counter(await session.scalars(query, {"id": job_id}))


async def test_updates_and_signals_over_many_runs_act_once_each(long_lived: Platform) -> None:
    platform, rounds = long_lived, 10
    job_id = await platform.to_languages(SPANISH)
    await platform.assign(job_id, "es")
    await platform.decide_language(job_id, "es", LanguageAction.START_WORK)
    language, job = platform.language(job_id, "es"), platform.job(job_id)

    async def distract() -> None:
        for number in range(rounds * 2):
            decision = LanguageDecision(
                action=LanguageAction.ASSIGN_REVIEWER,
                person_id=platform.people[1],
                id=f"{job_id} {number}",
            )
            for _ in range(2):  # sent twice, it acts once
                await language.signal("decide", decision)
            await job.signal("decide", JobDecision(action=JobAction.COMPLETE))  # refused

    distracting = asyncio.create_task(distract())
    for _ in range(rounds):
        for action in ROUND:
            await platform.decide_language(job_id, "es", action, reason="Again.")
    await distracting

    async def all_taken() -> bool:
        return (await happened(platform, job_id))["assign_reviewer"] == rounds * 2

    await eventually(all_taken)
    taken = await happened(platform, job_id)
    assert {action: taken[action] for action in ROUND} == dict.fromkeys(ROUND, rounds)
    assert taken["complete"] == 0
    assert await generations(platform, language) >= 5
    assert await generations(platform, job) >= 2

    await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.COMPLETE)
    await job.result()
    await language.result()
    assert platform.steps.calls["mux_accessible_video"] == 2


@pytest.mark.record
async def test_record_continued(long_lived: Platform) -> None:
    """Writes the first run and the last one, of a job and of its language."""
    platform = long_lived
    job_id = await platform.to_languages(SPANISH)
    await platform.assign(job_id, "es")
    await platform.decide_language(job_id, "es", LanguageAction.START_WORK)
    job, language = platform.job(job_id), platform.language(job_id, "es")
    firsts = [(await handle.describe()).run_id for handle in (job, language)]

    async def have_gone_on() -> bool:
        for action in ROUND:
            await platform.decide_language(job_id, "es", action, reason="Again.")
        return all([await generations(platform, handle) for handle in (job, language)])

    await eventually(have_gone_on)
    await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.COMPLETE)
    await language.result()
    for name, handle, first in zip(("job", "es"), (job, language), firsts, strict=True):
        begun = platform.client.get_workflow_handle(handle.id, run_id=first)
        await write_history(f"{CONTINUED}.{name}", begun)
        await write_history(f"{CONTINUED}.{name}.after", handle)


async def test_a_decision_answered_in_an_earlier_run_is_not_taken_again(long_lived: Platform) -> None:
    platform = long_lived
    job_id = await platform.to_source_qc(SPANISH)
    once = {"id": f"{job_id} once"}
    first = await platform.decide(job_id, JobAction.REJECT, reason="The wrong film.", **once)
    run = (await platform.job(job_id).describe()).run_id

    async def has_gone_on() -> bool:
        await platform.job(job_id).signal("decide", JobDecision(action=JobAction.COMPLETE))
        return (await platform.job(job_id).describe()).run_id != run

    await eventually(has_gone_on)
    await platform.decide(job_id, JobAction.RETRY, from_step="describe")
    await platform.until(job_id, JobStatus.PENDING_QC)
    assert await platform.decide(job_id, JobAction.REJECT, reason="The wrong film.", **once) == first
    assert (await platform.state(job_id)).status is JobStatus.PENDING_QC
    assert (await happened(platform, job_id))["reject"] == 1


async def test_work_under_way_survives_a_new_run_of_its_job(long_lived: Platform) -> None:
    """Its language goes on, and reports to whatever run there is."""
    platform = long_lived
    platform.steps.gates["translate_texts"] = asyncio.Event()
    job_id = await platform.to_source_qc(SPANISH)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until_stage(job_id, "en", LanguageStage.READY)
    run = (await platform.job(job_id).describe()).run_id

    async def has_gone_on() -> bool:
        await platform.job(job_id).signal("decide", JobDecision(action=JobAction.COMPLETE))
        return (await platform.job(job_id).describe()).run_id != run

    await eventually(has_gone_on)
    platform.steps.gates["translate_texts"].set()
    await platform.until_language(job_id, "es", lambda state: state.qc_state is QCState.UNASSIGNED)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    assert platform.steps.calls["translate_texts"] == 1
