"""What is recorded: jobs and batches on their ways, each way once, with every patch on one of them."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio.client import WorkflowFailureError, WorkflowHandle, WorkflowUpdateFailedError

from schema.contracts.batches import BatchFilter, BatchWork
from schema.contracts.steps import Failure
from schema.enums import (
    BatchAction,
    BatchStatus,
    JobAction,
    JobStatus,
    Kind,
    LanguageAction,
    LanguageStage,
    QCState,
    Step,
)
from schema.queries import jobs
from tests.factories import make_job, make_member
from tests.workflows.batch_kit import nobodys, of
from tests.workflows.platform import CAPTIONS, PLAIN, SPANISH, Platform
from tests.workflows.staff import decision, reset_to_before
from workflows import names
from workflows.options import PROBE
from workflows.start import start_job

Histories = Mapping[str, WorkflowHandle]
PATIENCE_S = 200
"""More than the minute between two rounds."""


async def completed(platform: Platform) -> UUID:
    """Every gate, with a language."""
    job_id = await platform.to_final_review(SPANISH)
    await platform.decide(job_id, JobAction.COMPLETE)
    await platform.job(job_id).result()
    return job_id


async def failed_and_retried(platform: Platform) -> UUID:
    platform.steps.failures["transcribe_speech"] = 1
    platform.steps.failures["synthesize_descriptions:en"] = 1
    job_id = await platform.start()
    await platform.until(job_id, JobStatus.FAILED)
    await platform.job(job_id).signal("retry")
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until_stage(job_id, "en", LanguageStage.FAILED)
    await platform.until(job_id, JobStatus.FAILED)
    await platform.decide(job_id, JobAction.RETRY)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    return job_id


async def rejected_and_retried(platform: Platform) -> UUID:
    job_id = await platform.to_source_qc()
    await platform.decide(job_id, JobAction.REJECT, reason="The wrong film.")
    await platform.decide(job_id, JobAction.RETRY, from_step=Step.TRANSCRIBE)
    await platform.until(job_id, JobStatus.PENDING_QC)
    return job_id


async def blocked_and_resumed(platform: Platform) -> UUID:
    job_id = await platform.to_languages(SPANISH)
    await platform.decide(job_id, JobAction.BLOCKED_ON_SOURCE, reason="The sound is missing.")
    await platform.decide(job_id, JobAction.RETRY)
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    return job_id


async def returned_and_finished(platform: Platform) -> UUID:
    job_id = await platform.to_final_review(PLAIN)
    await platform.decide(job_id, JobAction.RETURN_TO_QC, reason="Check the second cue.")
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.COMPLETE)
    await platform.job(job_id).result()
    return job_id


async def cancelled(platform: Platform) -> UUID:
    job_id = await platform.to_source_qc()
    await platform.decide(job_id, JobAction.CANCEL)
    await platform.ended(platform.job(job_id))
    return job_id


async def cancelled_in_languages(platform: Platform) -> UUID:
    """While a linguist is awaited."""
    job_id = await platform.to_languages(SPANISH)
    await platform.decide(job_id, JobAction.CANCEL)
    for handle in (platform.job(job_id), platform.language(job_id, "es")):
        await platform.ended(handle)
    return job_id


async def reset(platform: Platform) -> UUID:
    """Back to before the approval, which must be given anew."""
    job_id = await platform.to_final_review(PLAIN)
    await reset_to_before(platform.client, platform.job(job_id), decision("approve_source"))
    await platform.sweep()
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide_anew(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    return job_id


async def reset_of_one_language(platform: Platform) -> UUID:
    job_id = await platform.to_final_review(SPANISH)
    await reset_to_before(platform.client, platform.language(job_id, "es"), decision("approve"))
    await platform.sweep()
    await platform.until(job_id, JobStatus.LANGUAGE_QC)
    await platform.decide_language(job_id, "es", LanguageAction.APPROVE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    return job_id


async def language_failed_and_retried(platform: Platform) -> UUID:
    """A dub, heard twice; a translation that fails and is asked for again at the language itself; a linguist who is
    given another date."""
    dubbed = SPANISH.model_copy(update={"dubs": {"es": "gs://bucket/jobs/1/source.wav"}})
    platform.steps.failures["translate_texts:es"] = 1
    job_id = await platform.to_source_qc(dubbed)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until_stage(job_id, "es", LanguageStage.FAILED)
    await platform.language(job_id, "es").signal("retry")
    await platform.until_language(job_id, "es", lambda state: state.qc_state is QCState.UNASSIGNED)
    person_id = await platform.assign(job_id, "es")
    later = {"person_id": person_id, "due_at": datetime.now(UTC) + timedelta(days=1)}
    await platform.decide_language(job_id, "es", LanguageAction.REASSIGN, **later)
    await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    return job_id


async def promoted(platform: Platform) -> UUID:
    """To QC without what is known of the source, which is found out when it is needed."""
    job_id = await platform.to_source_qc()
    await platform.decide(job_id, JobAction.REJECT, reason="Examine it again.")
    platform.steps.failures["probe_source"] = 1
    await platform.decide(job_id, JobAction.RETRY, from_step=Step.PROBE)
    await platform.until(job_id, JobStatus.FAILED)
    await platform.decide(job_id, JobAction.PROMOTE_TO_QC)
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    return job_id


async def tried_for_longer(platform: Platform) -> UUID:
    """A whole round of attempts is spent, and the next one passes."""
    platform.steps.passing["probe_source"] = PROBE.retries.maximum_attempts
    job_id = await platform.start()
    await platform.until(job_id, JobStatus.PENDING_QC, seconds=PATIENCE_S)
    return job_id


async def failed_without_work(platform: Platform) -> UUID:
    """What failed has nothing left to do: the client brought the script."""
    failure = Failure(step=Step.DESCRIBE, code="unavailable", reason="The model was away.")
    job = await make_job(platform.database, PLAIN, status=JobStatus.FAILED)
    platform.steps.jobs.add(job.id)
    state = jobs.job_state(job).model_copy(
        update={"step": failure.step, "failure": failure, "brought": (Kind.AUDIO_DESCRIPTION,)}
    )
    assert await start_job(platform.client, jobs.job_ref(job), state, job.title)
    await platform.until(job.id, JobStatus.PENDING_QC)
    return job.id


async def assigned_twice(platform: Platform) -> UUID:
    """A second reviewer: refused, and then put in the first one's place."""
    job_id = await platform.to_languages(SPANISH)
    org_id = (await platform.row(job_id)).org_id
    first, other = [await make_member(platform.database, org_id) for _ in range(2)]
    await platform.decide_language(job_id, "es", LanguageAction.ASSIGN_REVIEWER, person_id=first)
    with contextlib.suppress(WorkflowUpdateFailedError):
        await platform.decide_language(job_id, "es", LanguageAction.ASSIGN_REVIEWER, person_id=other)
    await platform.decide_language(job_id, "es", LanguageAction.REASSIGN_REVIEWER, person_id=other)
    return job_id


async def described_late(platform: Platform) -> UUID:
    """Captions were asked for, and then descriptions too."""
    job_id = await platform.to_final_review(CAPTIONS)
    await platform.decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=SPANISH)
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until_language(job_id, "es", lambda state: state.qc_state is QCState.IN_PROGRESS)
    return job_id


STORIES: tuple[Callable[[Platform], Awaitable[UUID]], ...] = (
    completed,
    failed_and_retried,
    rejected_and_retried,
    blocked_and_resumed,
    returned_and_finished,
    cancelled,
    cancelled_in_languages,
    reset,
    reset_of_one_language,
    language_failed_and_retried,
    promoted,
    tried_for_longer,
    failed_without_work,
    assigned_twice,
    described_late,
)


async def batch_in_two_runs(platform: Platform) -> Histories:
    """A pause in the first, and jobs that are refused."""
    case = of(platform)
    job_id = await platform.to_source_qc()
    batch = await case.make(BatchWork(action=BatchAction.APPROVE), [job_id, *nobodys(5)])
    handle = await case.start(batch, piece=1, in_flight=2, pieces_a_run=3, paused=True)
    first = (await handle.describe()).run_id
    await handle.execute_update(names.RESUME)
    await case.ended(batch)
    return {"first": platform.client.get_workflow_handle(handle.id, run_id=first), "last": handle}


async def batch_cancelled(platform: Platform) -> Histories:
    case = of(platform)
    wanted = BatchFilter(status=(JobStatus.FAILED,), language="ko")
    empty = await case.make(BatchWork(action=BatchAction.RETRY), filter=wanted)
    nothing = await case.start(empty)
    await case.ended(empty)
    batch = await case.make(BatchWork(action=BatchAction.RETRY), nobodys(9))
    handle = await case.start(batch, piece=3, in_flight=1, paused=True)
    await handle.execute_update(names.CANCEL)
    await case.ended(batch, BatchStatus.CANCELLED)
    other = await case.make(BatchWork(action=BatchAction.RETRY), nobodys(3))
    in_temporal = await case.start(other, paused=True)
    await in_temporal.cancel()
    with contextlib.suppress(WorkflowFailureError):
        await in_temporal.result()
    return {"nothing": nothing, "last": handle, "in_temporal": in_temporal}


async def download_packed(platform: Platform) -> Histories:
    case = of(platform)
    batch = await case.make(BatchWork(action=BatchAction.DOWNLOAD), [await platform.to_source_qc()])
    handle = await case.start(batch)
    await case.ended(batch)
    return {"last": handle}


BATCH_STORIES: tuple[Callable[[Platform], Awaitable[Histories]], ...] = (
    batch_in_two_runs,
    batch_cancelled,
    download_packed,
)
