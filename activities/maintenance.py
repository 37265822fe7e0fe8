"""Sweeps: what a crash, a reset or a terminate left behind."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col
from temporalio import activity
from temporalio.api.common.v1 import Payloads
from temporalio.api.common.v1 import WorkflowExecution as WorkflowRun
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError

from schema.contracts.job import JobSnapshot, JobState, RepairInput, Settle
from schema.contracts.language import LanguageReport, LanguageSnapshot, LanguageState
from schema.contracts.steps import Failure, JobRef
from schema.db import Database
from schema.enums import JobStatus, LanguageStage, Step
from schema.queries import jobs, languages
from schema.queries.expiry import EVENTS_KEPT, expire
from schema.queries.projection import write_job, write_language
from schema.queries.visibility import unscoped
from schema.tables import Attempt, IdempotencyKey, Job, JobEvent, RefreshToken, now
from schema.transitions import CLOSED, DRAFTING, IN_LANGUAGES, step_of

StartJob = Callable[[Client, JobRef, JobState, str], Awaitable[bool]]
TERMINATED = "terminated"
_SETTLE = "settle"

_log = logging.getLogger(__name__)
_BATCH = 100
_SILENT = timedelta(minutes=10)
"""After so long without a word a job at work is asked for, and"""
_SAMPLE = 20
"""so many of them at each sweep, for most of them just take long."""
_STEP_OF = {
    JobStatus.TRANSCRIBING: Step.TRANSCRIBE,
    JobStatus.DESCRIBING: Step.DESCRIBE,
    JobStatus.TRANSLATING: Step.TRANSLATE,
    JobStatus.SYNTHESIZING: Step.SYNTHESIZE,
    JobStatus.MUXING: Step.MUX,
}
_NOTHING_LOST = (LanguageStage.WAITING, LanguageStage.FAILED, LanguageStage.REMOVED)
"""Where a language is begun anew by its job when its time comes."""


class MaintenanceActivities:
    """Run by the `MaintenanceWorkflow`, every few seconds."""

    def __init__(
        self,
        database: Database,
        client: Client,
        start_job: StartJob,
        events_kept: timedelta = EVENTS_KEPT,
    ) -> None:
        self._database = database
        self._events_kept = events_kept
        self._client = client
        self._start_job = start_job

    @activity.defn(name="start_orphans")
    async def start_orphans(self) -> int:
        """Start the workflow of every job that has none: those whose row was committed and whose start was lost, for the
        row is the outbox; and those at work that Temporal has lost, as after a restored backup, which go on from the
        row. Returns how many were started."""
        started = 0
        for ref, state, title in await self._orphans():
            started += await self._start_job(self._client, ref, state, title)
            async with self._database.begin() as session:
                await jobs.mark_started(session, ref.job_id)
        return started

    async def _orphans(self) -> list[tuple[JobRef, JobState, str]]:
        """Jobs that may have no workflow. One that runs, or has ended, is not started by asking."""
        unscoped("the sweep serves all organisations")
        never_started = sa.and_(
            col(Job.started_at).is_(None),
            col(Job.status) == JobStatus.CREATED,
            col(Job.created_at) < now() - timedelta(seconds=5),
        )
        silent = sa.and_(
            col(Job.started_at).is_not(None),
            col(Job.status).in_(DRAFTING | IN_LANGUAGES),
            sa.func.coalesce(col(Job.projected_at), col(Job.started_at)) < now() - _SILENT,
        )
        found: list[Job] = []
        async with self._database.begin() as session:
            for which, most in ((never_started, _BATCH), (silent, _SAMPLE)):
                some = sa.select(Job).where(which, col(Job.deleted_at).is_(None))
                found += await session.scalars(some.order_by(sa.func.random()).limit(most))
            return [
                (jobs.job_ref(job), jobs.job_state(job, await languages.of_job(session, job.id)), job.title)
                for job in found
            ]

    @activity.defn(name="repair_rows")
    async def repair_rows(self, inputs: RepairInput) -> int:
        """Make rows agree with workflows that were reset (a new run that projects nothing by itself) or terminated
        (no run is left to project) since `inputs.since`. Returns how many were seen to."""
        since = inputs.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        ours = "WorkflowType IN ('JobWorkflow', 'LanguageWorkflow')"
        running = f"{ours} AND ExecutionStatus = 'Running' AND StartTime >= '{since}'"
        ended = (
            f"{ours} AND ExecutionStatus IN ('Terminated', 'TimedOut', 'Failed') AND CloseTime >= '{since}'"
        )
        seen_to = 0
        for query, see_to in ((running, self._settle), (ended, self._bury)):
            async for execution in self._client.list_workflows(query):
                try:
                    seen_to += await see_to(execution)
                except RPCError as error:  # it closed meanwhile, or was deleted
                    _log.info("could not see to %s: %s", execution.id, error)
        return seen_to

    async def _settle(self, execution: WorkflowExecution) -> bool:
        """Tell a run that began with a reset: it alone writes its row, and knows what else must follow it. The server
        keeps the request's id, so that a run is told once, however many sweeps see it."""
        handle = self._client.get_workflow_handle(execution.id, run_id=execution.run_id)
        described = await handle.describe()
        if not described.raw_description.workflow_extended_info.HasField("last_reset_time"):
            return False
        settle = Settle()
        if execution.workflow_type == "JobWorkflow":
            async with self._database.begin() as session:
                rows = await languages.of_job(session, _ids(execution)[0])
            settle = Settle(languages=tuple(row.language for row in rows))
        payloads = await self._client.data_converter.encode([settle])
        await self._client.workflow_service.signal_workflow_execution(
            SignalWorkflowExecutionRequest(
                namespace=self._client.namespace,
                workflow_execution=WorkflowRun(workflow_id=execution.id, run_id=execution.run_id),
                signal_name=_SETTLE,
                input=Payloads(payloads=payloads),
                request_id=f"{_SETTLE}-{execution.run_id}",
                identity=self._client.identity,
            )
        )
        return True

    async def _bury(self, execution: WorkflowExecution) -> bool:
        """A workflow that was terminated leaves the row failed, from where a retry begins a new run."""
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
                update={"status": JobStatus.FAILED, "failure": failure, "stopped": state.stops_at}
            )
            snapshot = JobSnapshot(
                job=jobs.job_ref(job), state=buried, sequence=0, run_id=execution.run_id, event=TERMINATED
            )
            return await write_job(session, snapshot, _scheduled())

    async def _bury_language(self, execution: WorkflowExecution) -> bool:
        job_id, code = _ids(execution)
        async with self._database.begin() as session:
            row = await languages.one(session, job_id, code, lock=True)
            job = await jobs.load(session, job_id)
            if row is None or row.state is None or row.stage in _NOTHING_LOST:
                return False
            if job is None or job.status in CLOSED:
                return False
            failure = Failure(
                step=step_of(row.stage, is_source=row.is_source),
                language=code,
                code=TERMINATED,
                reason="Its workflow was ended in Temporal. Retry begins it again.",
            )
            state = LanguageState.kept(row.state).model_copy(
                update={"stage": LanguageStage.FAILED, "failure": failure}
            )
            snapshot = LanguageSnapshot(
                job=jobs.job_ref(job), state=state, sequence=0, run_id=execution.run_id, event=TERMINATED
            )
            if not await write_language(session, snapshot, _scheduled()):
                return False
        try:
            await self._client.get_workflow_handle(f"job-{job_id}").signal(
                "report", LanguageReport(state=state)
            )
        except RPCError as error:
            _log.info("the job of %s takes no report: %s", execution.id, error)
        return True

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
            await expire(session, self._events_kept)


def _scheduled() -> datetime:
    """What a sweep writes is as old as the sweep, by the server's own clock, as with every projection: whatever a
    workflow has written since is newer."""
    return activity.info().scheduled_time


def _ids(execution: WorkflowExecution) -> tuple[UUID, str]:
    """(job id, language or '') of `job-{uuid}` and `job-{uuid}-{language}`."""
    rest = execution.id.removeprefix("job-")
    return UUID(rest[:36]), rest[37:]
