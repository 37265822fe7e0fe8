"""Sweeps: what a crash, a reset or a terminate left behind."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from temporalio import activity
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError

from schema.contracts.job import JobSnapshot, JobState, RepairInput
from schema.contracts.language import LanguageReport, LanguageSnapshot, LanguageState
from schema.contracts.steps import Failure, JobRef
from schema.db import Database
from schema.enums import JobStatus, LanguageStage, Step
from schema.queries import jobs, languages
from schema.queries.projection import write_job, write_language
from schema.queries.visibility import unscoped
from schema.tables import Attempt, IdempotencyKey, Job, JobEvent, RefreshToken, now
from schema.transitions import CLOSED

StartJob = Callable[[Client, JobRef, JobState, str], Awaitable[bool]]
TERMINATED = "terminated"

_log = logging.getLogger(__name__)
_BATCH = 100
_STEP_OF = {
    JobStatus.TRANSCRIBING: Step.TRANSCRIBE,
    JobStatus.DESCRIBING: Step.DESCRIBE,
    JobStatus.TRANSLATING: Step.TRANSLATE,
    JobStatus.SYNTHESIZING: Step.SYNTHESIZE,
    JobStatus.MUXING: Step.MUX,
}
_STEP_OF_STAGE = {LanguageStage.TRANSLATING: Step.TRANSLATE, LanguageStage.LANGUAGE_QC: Step.TRANSLATE}


class MaintenanceActivities:
    """Run by the `MaintenanceWorkflow`, every few seconds."""

    def __init__(self, database: Database, client: Client, start_job: StartJob) -> None:
        self._database = database
        self._client = client
        self._start_job = start_job

    @activity.defn(name="start_orphans")
    async def start_orphans(self) -> int:
        """Start the workflow of every job whose row was committed and whose start was lost. The row is the outbox."""
        unscoped("the sweep serves all organisations")
        async with self._database.begin() as session:
            found = await session.scalars(
                sa.select(Job)
                .where(
                    col(Job.started_at).is_(None),
                    col(Job.deleted_at).is_(None),
                    col(Job.status) == JobStatus.CREATED,
                    col(Job.created_at) < now() - timedelta(seconds=5),
                )
                .limit(_BATCH)
            )
            orphans = [(jobs.job_ref(job), jobs.job_state(job), job.title) for job in found]
        for ref, state, title in orphans:
            await self._start_job(self._client, ref, state, title)
            async with self._database.begin() as session:
                await jobs.mark_started(session, ref.job_id)
        return len(orphans)

    @activity.defn(name="repair_rows")
    async def repair_rows(self, inputs: RepairInput) -> int:
        """Make rows agree with workflows that were reset (a new run that projects nothing by itself) or terminated
        (no run is left to project) since `inputs.since`."""
        since = inputs.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        ours = "WorkflowType IN ('JobWorkflow', 'LanguageWorkflow')"
        repaired = 0
        running = f"{ours} AND ExecutionStatus = 'Running' AND StartTime >= '{since}'"
        ended = (
            f"{ours} AND ExecutionStatus IN ('Terminated', 'TimedOut', 'Failed') AND CloseTime >= '{since}'"
        )
        async for execution in self._client.list_workflows(running):
            repaired += await self._follow(execution)
        async for execution in self._client.list_workflows(ended):
            repaired += await self._bury(execution)
        return repaired

    async def _follow(self, execution: WorkflowExecution) -> bool:
        """Write what the run says now, where the row knows another run."""
        is_job = execution.workflow_type == "JobWorkflow"
        known = await self._known_run(execution)
        if known is None or known == execution.run_id:
            return False
        handle = self._client.get_workflow_handle(execution.id, run_id=execution.run_id)
        try:
            if is_job:
                job = await handle.query("snapshot", result_type=JobSnapshot)
                async with self._database.begin() as session:
                    return await write_job(session, job.model_copy(update={"event": "reset"}), now())
            language = await handle.query("snapshot", result_type=LanguageSnapshot)
            async with self._database.begin() as session:
                return await write_language(session, language.model_copy(update={"event": "reset"}), now())
        except RPCError as error:  # it closed meanwhile, or no worker answers: the next sweep looks again
            _log.info("could not ask %s: %s", execution.id, error)
            return False

    async def _bury(self, execution: WorkflowExecution) -> bool:
        """A workflow that was terminated leaves the row failed, from where a retry begins a new run."""
        if await self._known_run(execution) != execution.run_id:
            return False
        latest = await self._client.get_workflow_handle(execution.id).describe()
        if latest.run_id != execution.run_id or latest.status is WorkflowExecutionStatus.RUNNING:
            return False
        if execution.workflow_type == "JobWorkflow":
            return await self._bury_job(execution)
        return await self._bury_language(execution)

    async def _bury_job(self, execution: WorkflowExecution) -> bool:
        async with self._database.begin() as session:
            job = await jobs.load(session, _ids(execution)[0], lock=True)
            if job is None or job.status in CLOSED or (job.failure or {}).get("code") == TERMINATED:
                return False
            state = jobs.job_state(job, await languages.of_job(session, job.id))
            failure = Failure(
                step=_STEP_OF.get(job.status, Step.PROBE),
                code=TERMINATED,
                reason="Its workflow was ended in Temporal. Retry starts a new one where this one stood.",
            )
            buried = state.model_copy(
                update={
                    "status": JobStatus.FAILED,
                    "failure": failure,
                    "stopped": state.stopped or job.status,
                }
            )
            snapshot = JobSnapshot(
                job=jobs.job_ref(job), state=buried, sequence=0, run_id=execution.run_id, event=TERMINATED
            )
            return await write_job(session, snapshot, now())

    async def _bury_language(self, execution: WorkflowExecution) -> bool:
        job_id, code = _ids(execution)
        async with self._database.begin() as session:
            row = await languages.one(session, job_id, code, lock=True)
            job = await jobs.load(session, job_id)
            if (
                row is None
                or job is None
                or row.state is None
                or row.stage in (LanguageStage.FAILED, LanguageStage.REMOVED)
            ):
                return False
            if job.status in CLOSED:
                return False
            failure = Failure(
                step=_STEP_OF_STAGE.get(row.stage, Step.SYNTHESIZE),
                language=code,
                code=TERMINATED,
                reason="Its workflow was ended in Temporal. Retry begins it again.",
            )
            state = LanguageState.model_validate(row.state).model_copy(
                update={"stage": LanguageStage.FAILED, "failure": failure}
            )
            snapshot = LanguageSnapshot(
                job=jobs.job_ref(job), state=state, sequence=0, run_id=execution.run_id, event=TERMINATED
            )
            await write_language(session, snapshot, now())
        try:
            await self._client.get_workflow_handle(f"job-{job_id}").signal(
                "report", LanguageReport(state=state)
            )
        except RPCError as error:
            _log.info("the job of %s takes no report: %s", execution.id, error)
        return True

    async def _known_run(self, execution: WorkflowExecution) -> str | None:
        job_id, code = _ids(execution)
        async with self._database.begin() as session:
            if code:
                row = await languages.one(session, job_id, code)
                return row.run_id if row else None
            job = await jobs.load(session, job_id)
            return job.run_id if job else None

    @activity.defn(name="expire_records")
    async def expire_records(self) -> None:
        """Delete what nobody needs any more: progress of an hour ago, spent tokens, old keys and attempts."""
        at = datetime.now(UTC)
        async with self._database.begin() as session:
            await session.execute(
                sa.delete(JobEvent).where(
                    col(JobEvent.type) == "progress", col(JobEvent.at) < at - timedelta(hours=1)
                )
            )
            await session.execute(
                sa.delete(RefreshToken).where(col(RefreshToken.expires_at) < at - timedelta(days=1))
            )
            await session.execute(
                sa.delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < at - timedelta(days=7))
            )
            await session.execute(sa.delete(Attempt).where(col(Attempt.created_at) < at - timedelta(days=1)))


def _ids(execution: WorkflowExecution) -> tuple[UUID, str]:
    """(job id, language or '') of `job-{uuid}` and `job-{uuid}-{language}`."""
    rest = execution.id.removeprefix("job-")
    return UUID(rest[:36]), rest[37:]
