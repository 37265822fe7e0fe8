"""Repairs rows and texts of workflows that were reset or terminated."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio import activity
from temporalio.api.common.v1 import Payloads
from temporalio.api.common.v1 import WorkflowExecution as WorkflowRun
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.maintenance.items import Round
from schema.contracts.job import JobSnapshot, Settle
from schema.contracts.language import LanguageReport, LanguageSnapshot, LanguageState
from schema.contracts.steps import Failure
from schema.contracts.sweeps import Cursor, Swept
from schema.db import Database
from schema.enums import JobStatus, LanguageStage, Step
from schema.queries import jobs, languages
from schema.queries.projection import LAST, write_job, write_language
from schema.queries.sweeps import NOTHING_LOST
from schema.transitions import CLOSED, step_of

TERMINATED = "terminated"
_SETTLE = "settle"

_log = logging.getLogger(__name__)
_AT_MOST = 1_000
"""Workflows per sweep. If more have changed, it processes an earlier part of the period, and the next sweep
continues."""
_SHORTEST = timedelta(seconds=1)
_OVERLAP = timedelta(minutes=2)
"""Temporal's list lags a little."""
_FIRST = timedelta(days=1)
"""How far the first sweep looks back."""
_OURS = "WorkflowType IN ('JobWorkflow', 'LanguageWorkflow')"
_STEP_OF = {
    JobStatus.TRANSCRIBING: Step.TRANSCRIBE,
    JobStatus.DESCRIBING: Step.DESCRIBE,
    JobStatus.TRANSLATING: Step.TRANSLATE,
    JobStatus.SYNTHESIZING: Step.SYNTHESIZE,
    JobStatus.MUXING: Step.MUX,
}


class RepairActivities:
    """Makes rows agree with their workflows, whatever staff did to these."""

    def __init__(self, database: Database, client: Client, at_most: int = _AT_MOST) -> None:
        self._database = database
        self._client = client
        self._at_most = at_most

    @activity.defn(name="repair_rows")
    async def repair_rows(self, cursor: Cursor = Cursor()) -> Swept:
        """Makes rows agree with workflows that were reset (the new run does not project by itself) or terminated (no
        run is left to project) since the last sweep."""
        done = Round()
        now = _scheduled()
        since = cursor.since or now - _FIRST
        until = await self._until(since, now)
        for query, see_to in ((_began(since, until), self._settle), (_ended(since, until), self._bury)):
            found = [each async for each in self._client.list_workflows(query, page_size=_AT_MOST)]
            await done.each(found, lambda each: each.id, see_to)
        return done.ended(Cursor(since=max(since, min(until, now - _OVERLAP))))

    async def _until(self, since: datetime, now: datetime) -> datetime:
        """The end of the period that one sweep processes: all of it, unless that is too much."""
        until = now + _OVERLAP
        while until - since > _SHORTEST:
            activity.heartbeat()
            counted = [await self._client.count_workflows(query(since, until)) for query in (_began, _ended)]
            if sum(each.count for each in counted) <= self._at_most:
                break
            until = since + (until - since) / 2
        return until

    async def _settle(self, execution: WorkflowExecution) -> bool:
        """Notifies a run that began with a reset: only it can write its row, and it knows what else must follow. The
        server keeps the request id, so that a run is notified once, however many sweeps see it."""
        handle = self._client.get_workflow_handle(execution.id, run_id=execution.run_id)
        described = await handle.describe()
        if not described.raw_description.workflow_extended_info.HasField("last_reset_time"):
            return False
        payloads = await self._client.data_converter.encode([await self._to_settle(execution)])
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

    async def _to_settle(self, execution: WorkflowExecution) -> Settle:
        """What the run cannot know: for a job, which languages have rows; for a language, whether its job is over."""
        job_id = _ids(execution)[0]
        async with self._database.begin() as session:
            if execution.workflow_type == "JobWorkflow":
                rows = await languages.of_job(session, job_id)
                return Settle(languages=tuple(row.language for row in rows))
            job = await jobs.load(session, job_id)
        return Settle(closed=job is None or job.status in CLOSED)

    async def _bury(self, execution: WorkflowExecution) -> bool:
        """Marks the row of a terminated workflow as failed. A retry then starts a new run."""
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
                job=jobs.job_ref(job), state=buried, sequence=LAST, run_id=execution.run_id, event=TERMINATED
            )
            return await write_job(session, snapshot, _scheduled())

    async def _bury_language(self, execution: WorkflowExecution) -> bool:
        job_id, code = _ids(execution)
        async with self._database.begin() as session:
            row = await languages.one(session, job_id, code, lock=True)
            job = await jobs.load(session, job_id)
            if row is None or row.state is None or row.stage in NOTHING_LOST:
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
                job=jobs.job_ref(job), state=state, sequence=LAST, run_id=execution.run_id, event=TERMINATED
            )
            if not await write_language(session, snapshot, _scheduled()):
                return False
        try:
            await self._client.get_workflow_handle(f"job-{job_id}").signal(
                "report", LanguageReport(state=state)
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            _log.info("the job of %s takes no report: %s", execution.id, error)
        return True


def _began(since: datetime, until: datetime) -> str:
    return f"{_OURS} AND ExecutionStatus = 'Running' AND StartTime >= '{_time(since)}' AND StartTime <= '{_time(until)}'"


def _ended(since: datetime, until: datetime) -> str:
    ended = "ExecutionStatus IN ('Terminated', 'TimedOut', 'Failed', 'Canceled')"  # it has no answer during its first task
    return f"{_OURS} AND {ended} AND CloseTime >= '{_time(since)}' AND CloseTime <= '{_time(until)}'"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _scheduled() -> datetime:
    """What a sweep writes is as old as the sweep, by the server's own clock, as with every projection: whatever a
    workflow has written since is newer."""
    return activity.info().scheduled_time


def _ids(execution: WorkflowExecution) -> tuple[UUID, str]:
    """(job id, language or '') of `job-{uuid}` and `job-{uuid}-{language}`.

    Raises:
        ValueError: the id is not one of ours, such as that of a workflow copied in the Temporal UI.
    """
    prefix, _, rest = execution.id.partition("job-")
    if prefix or (len(rest) > 36 and rest[36] != "-"):
        raise ValueError("this is no id of a job")
    return UUID(rest[:36]), rest[37:]
