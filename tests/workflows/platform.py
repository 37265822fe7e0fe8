"""A job's workflows on a real server and database, with steps that take no time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment

from activities.maintenance.orphans import OrphanActivities
from activities.maintenance.repair import RepairActivities
from schema.contracts.job import Decided, JobDecision, JobState
from schema.contracts.language import LanguageDecided, LanguageDecision, LanguageState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.people import Actor
from schema.contracts.sweeps import Cursor, Swept
from schema.db import Database
from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, QCState, Role
from schema.object_store import ObjectStore
from schema.queries import jobs, languages
from schema.tables import Job, JobLanguage
from tests.drafted import begin_drafted, drafted_fields
from tests.factories import make_job, make_member
from tests.fakes.steps import FakeSteps
from tests.fakes.workers import Workers
from workflows import names
from workflows.batches import start_batch
from workflows.start import (
    start_again,
    start_glossary,
    start_job,
    start_language,
    start_mail,
    wake_webhook,
)

REVIEWER = Actor(name="Rae Reviewer", role=Role.REVIEWER)
PLAIN = RequestedOutputs(audio_description_mp3=True, accessible_video_mp4=True)
SPANISH = PLAIN.model_copy(update={"languages": ("es",)})
CAPTIONS = RequestedOutputs(captions_vtt=True, audio_description_vtt=False, languages=("es",))
_PATIENCE_S = 120.0


@dataclass
class Platform:
    """What a test of workflows needs: start, decide, and look at workflow and row."""

    client: Client
    database: Database
    store: ObjectStore
    workers: Workers
    from_the_video: bool = False
    """Whether every job takes all of its steps."""
    people: list[UUID] = field(default_factory=list)
    _people_of: dict[UUID, list[UUID]] = field(default_factory=dict)

    @property
    def steps(self) -> FakeSteps:
        return self.workers.steps

    # Doing

    async def start(self, outputs: RequestedOutputs = PLAIN, **changes: Any) -> UUID:
        job = await make_job(self.database, outputs, **changes)
        self.steps.jobs.add(job.id)
        assert await start_job(self.client, jobs.job_ref(job), jobs.job_state(job), job.title)
        return job.id

    async def decide(self, job_id: UUID, action: JobAction, **details: Any) -> Decided:
        decision = JobDecision(**{"action": action, "actor": REVIEWER, **details})
        return await self.job(job_id).execute_update(
            names.DECIDE, decision, id=decision.id, result_type=Decided
        )

    async def decide_anew(self, job_id: UUID, action: JobAction, **details: Any) -> Decided:
        """As the API decides about a job whose workflow has ended: the decision begins a run from the row."""
        async with self.database.begin() as session:
            job = await jobs.load(session, job_id)
            assert job is not None
            state = jobs.job_state(job, await languages.of_job(session, job_id))
        start = start_again(self.client, jobs.job_ref(job), state, job.title)
        decision = JobDecision(action=action, actor=REVIEWER, **details)
        return await self.client.execute_update_with_start_workflow(
            names.DECIDE, decision, start_workflow_operation=start, result_type=Decided
        )

    async def decide_language(
        self, job_id: UUID, code: str, action: LanguageAction, **details: Any
    ) -> LanguageDecided:
        """As the API: about the work that the row tells of, which the language may not have begun yet."""
        row = await self.language_row(job_id, code)
        about = {"action": action, "actor": REVIEWER, "revision": row.revision if row else None}
        decision = LanguageDecision(**{**about, **details})
        return await self.language(job_id, code).execute_update(
            names.DECIDE, decision, id=decision.id, result_type=LanguageDecided
        )

    async def to_source_qc(
        self, outputs: RequestedOutputs = PLAIN, *, from_the_video: bool = False, **changes: Any
    ) -> UUID:
        """The drafts are there, as if the steps had been taken. `from_the_video` takes them."""
        if from_the_video or self.from_the_video:
            job_id = await self.start(outputs, **changes)
            await self.until(job_id, JobStatus.PENDING_QC)
            return job_id
        job = await make_job(self.database, outputs, **{**drafted_fields(outputs), **changes})
        self.steps.jobs.add(job.id)
        await begin_drafted(self.database, self.client, job)
        return job.id

    async def to_languages(
        self, outputs: RequestedOutputs = SPANISH, *, from_the_video: bool = False
    ) -> UUID:
        """The source is approved, and every target language waits for its linguist."""
        job_id = await self.to_source_qc(outputs, from_the_video=from_the_video)
        await self.decide(job_id, JobAction.APPROVE_SOURCE)
        for code in outputs.languages:
            await self.until_language(job_id, code, lambda state: state.qc_state is QCState.UNASSIGNED)
        return job_id

    async def to_final_review(
        self, outputs: RequestedOutputs = SPANISH, *, from_the_video: bool = False
    ) -> UUID:
        job_id = await self.to_languages(outputs, from_the_video=from_the_video)
        for code in outputs.languages:
            await self.assign(job_id, code)
            await self.review(job_id, code)
        await self.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
        return job_id

    async def assign(self, job_id: UUID, code: str) -> UUID:
        """A linguist of the job's organisation; `people` are them and somebody else there."""
        org_id = (await self.row(job_id)).org_id
        if org_id not in self._people_of:
            self._people_of[org_id] = [await make_member(self.database, org_id) for _ in range(2)]
        self.people = self._people_of[org_id]
        await self.decide_language(job_id, code, LanguageAction.ASSIGN, person_id=self.people[0])
        return self.people[0]

    async def review(self, job_id: UUID, code: str) -> LanguageDecided:
        """From assigned, or in progress, to approved."""
        if (await self.language_state(job_id, code)).qc_state is QCState.ASSIGNED:
            await self.decide_language(job_id, code, LanguageAction.START_WORK)
        await self.decide_language(job_id, code, LanguageAction.SUBMIT)
        await self.decide_language(job_id, code, LanguageAction.OPEN_REVIEW)
        return await self.decide_language(job_id, code, LanguageAction.APPROVE)

    async def sweep(self) -> int:
        """What the sweeps do every fifteen seconds; how many rows were repaired."""
        since = datetime.now(UTC) - timedelta(minutes=2)
        await self.start_orphans()
        return (await self.repair_rows(Cursor(since=since))).seen_to

    async def start_orphans(self) -> Swept:
        """Page by page, until every open job had its turn: those of other tests are open too."""
        orphans = OrphanActivities(
            self.database,
            self.client,
            start_job,
            start_language,
            start_mail,
            start_glossary,
            start_batch,
            wake_webhook,
        )
        cursor, looked_at, seen_to, failures = Cursor(), 0, 0, list[str]()
        while True:
            swept = await self._at_once().run(orphans.start_orphans, cursor)
            looked_at, seen_to = looked_at + swept.looked_at, seen_to + swept.seen_to
            failures += swept.failures
            if swept.cursor.after is None:
                break
            cursor = swept.cursor
        return Swept(looked_at=looked_at, seen_to=seen_to, failed=len(failures), failures=tuple(failures))

    async def repair_rows(
        self, cursor: Cursor, *, later: timedelta = timedelta(0), at_most: int = 1000
    ) -> Swept:
        repair = RepairActivities(self.database, self.client, at_most)
        return await self._at_once(later).run(repair.repair_rows, cursor)

    def _at_once(self, later: timedelta = timedelta(0)) -> ActivityEnvironment:
        environment = ActivityEnvironment(client=self.client)
        environment.info = replace(environment.info, scheduled_time=datetime.now(UTC) + later)
        return environment

    async def lose(self, job_id: UUID, *codes: str) -> None:
        """Temporal forgets the workflows of the job and of these languages."""
        for handle in (self.job(job_id), *(self.language(job_id, code) for code in codes)):
            await self.forget(handle)

    async def forget(self, handle: WorkflowHandle[Any, Any]) -> None:
        await self.client.workflow_service.delete_workflow_execution(
            DeleteWorkflowExecutionRequest(
                namespace=self.client.namespace, workflow_execution=WorkflowExecution(workflow_id=handle.id)
            )
        )
        await eventually(partial(is_unknown, handle))

    async def be_silent(self, job_id: UUID, since: timedelta) -> None:
        """The job's row as if nothing had been told of it for so long."""
        async with self.database.begin() as session:
            job = await jobs.load(session, job_id, lock=True)
            assert job is not None
            job.projected_at = datetime.now(UTC) - since

    # Looking

    async def pending(self, handle: WorkflowHandle[Any, Any]) -> dict[str, str]:
        """Activities that a workflow waits for, and why the last attempt of each failed."""
        described = await handle.describe()
        return {
            each.activity_type.name: f"attempt {each.attempt}: {each.last_failure.message}"
            for each in described.raw_description.pending_activities
        }

    def job(self, job_id: UUID) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(names.job_workflow_id(job_id))

    def language(self, job_id: UUID, code: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(names.language_workflow_id(job_id, code))

    async def ended(self, handle: WorkflowHandle[Any, Any]) -> WorkflowExecutionStatus | None:
        """How the workflow ended."""
        with contextlib.suppress(WorkflowFailureError):
            await asyncio.wait_for(handle.result(), _PATIENCE_S)
        return (await handle.describe()).status

    async def is_open(self, handle: WorkflowHandle[Any, Any]) -> bool:
        return (await handle.describe()).status is WorkflowExecutionStatus.RUNNING

    async def state(self, job_id: UUID) -> JobState:
        return await self.job(job_id).query(names.STATE, result_type=JobState)

    async def language_state(self, job_id: UUID, code: str) -> LanguageState:
        return await self.language(job_id, code).query(names.STATE, result_type=LanguageState)

    async def row(self, job_id: UUID) -> Job:
        async with self.database.begin() as session:
            job = await jobs.load(session, job_id)
            assert job is not None
            return job

    async def language_row(self, job_id: UUID, code: str) -> JobLanguage | None:
        async with self.database.begin() as session:
            return await languages.one(session, job_id, code)

    async def until(self, job_id: UUID, status: JobStatus, seconds: float = _PATIENCE_S) -> Job:
        """Waits until the row says `status`, and the workflow too: a decision is in the row before it changes what the
        workflow does."""
        job = await self.until_row(job_id, lambda row: row.status is status, seconds)
        if status not in (JobStatus.COMPLETED, JobStatus.CANCELLED):
            await eventually(partial(self._is_in, job_id, status))
        return job

    async def _is_in(self, job_id: UUID, status: JobStatus) -> bool:
        return (await self.state(job_id)).status is status

    async def until_row(
        self, job_id: UUID, check: Callable[[Job], bool], seconds: float = _PATIENCE_S, every_s: float = 0.03
    ) -> Job:
        try:
            async with asyncio.timeout(seconds):
                while not check(job := await self.row(job_id)):
                    await asyncio.sleep(every_s)
        except TimeoutError:
            pending = await self.pending(self.job(job_id))
            raise AssertionError(
                f"the row is {job}; the workflow {await self.state(job_id)}, and waits for {pending}"
            ) from None
        return job

    async def until_language(
        self, job_id: UUID, code: str, check: Callable[[LanguageState], bool]
    ) -> LanguageState:
        """Waits until the row of the language passes `check`."""
        state: LanguageState | None = None
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while True:
                    row = await self.language_row(job_id, code)
                    if row is not None and row.state is not None:
                        state = LanguageState.model_validate(row.state)
                        if check(state):
                            return state
                    await asyncio.sleep(0.03)
        except TimeoutError:
            pending = await self.pending(self.language(job_id, code))
            raise AssertionError(f"{code} is {state}, and waits for {pending}") from None

    async def until_stage(self, job_id: UUID, code: str, stage: LanguageStage) -> LanguageState:
        return await self.until_language(job_id, code, lambda state: state.stage is stage)


async def is_unknown(handle: WorkflowHandle[Any, Any]) -> bool:
    """Whether Temporal knows no such workflow."""
    try:
        await handle.describe()
    except RPCError as error:
        return error.status is RPCStatusCode.NOT_FOUND
    return False


def refusal(error: WorkflowUpdateFailedError) -> ApplicationError:
    """Why an update was refused."""
    assert isinstance(error.cause, ApplicationError), error.cause
    return error.cause


async def eventually(check: Callable[[], Any], seconds: float = _PATIENCE_S) -> None:
    """Returns when `check`, which may be a coroutine function, is true."""
    async with asyncio.timeout(seconds):
        while True:
            answer = check()
            if await answer if asyncio.iscoroutine(answer) else answer:
                return
            await asyncio.sleep(0.03)
