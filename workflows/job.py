"""A job: one source video on its way to accessible outputs."""

from __future__ import annotations

import asyncio
import contextlib

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from schema.contracts.job import Decided, JobDecision, JobInput, JobOutcome, JobState, Settle
    from schema.contracts.language import LanguageReport, Retry
    from schema.contracts.steps import Artifacts, FlagCuesInput, JobRef
    from schema.enums import JobAction, JobStatus, Step
    from schema.transitions import CLOSED, DRAFTING
    from workflows import job_decisions as decisions
    from workflows import names, steps
    from workflows.children import Languages
    from workflows.deciding import JobDecisions
    from workflows.desk import Desk
    from workflows.drafts import Drafts, drafting
    from workflows.ends import end_as_cancelled
    from workflows.job_languages import are_ready, remembering, reported
    from workflows.job_refusals import refuse_removed, refuse_undrafted
    from workflows.projector import JobProjector
    from workflows.refusals import check_run, moved_on
    from workflows.work import Redirectable, Steps, heed_cancellation, unhurried, was_cancelled

_FIRST_DECISION_S = 60


@workflow.defn(name=names.JOB_WORKFLOW)
class JobWorkflow(JobDecisions):
    """1. probe the source;
    2. transcribe it, and watch it at the same time; then place descriptions between the words;
    3. source QC: a reviewer approves both texts, or rejects;
    4. every language in a child of its own, until all are ready;
    5. final review: a project manager completes, rejects or returns.

    A step that fails for good leaves the job `failed`, waiting for a retry. The workflow ends at completed or
    cancelled; rejected, blocked and failed jobs wait.
    """

    @workflow.init
    def __init__(self, start: JobInput) -> None:
        self._begun_as = start.job
        self._state = start.state
        self._desk = Desk(start.answered)
        self._work = Redirectable()
        self._steps = Steps(self._drafts_changed, self._work)
        self._drafts = Drafts(lambda: self._job, self._steps, lambda: self._state, self._note)
        self._languages = Languages(lambda: self._job, lambda: self._state)
        self._ending = False
        self._projector = JobProjector(lambda: self._job, lambda: self._state)
        failure = start.state.failure
        if failure and failure.language is None and not start.state.stopped:
            self._steps.failures[failure.step] = failure
        if start.state.in_languages:
            self._languages.resume()

    @workflow.run
    async def run(self, start: JobInput) -> JobOutcome:
        if self._is_closed():  # later work: the decision comes with the start, or was refused
            with contextlib.suppress(asyncio.TimeoutError):
                await workflow.wait_condition(lambda: not self._is_closed(), timeout=_FIRST_DECISION_S)
        while True:
            try:
                await self._until_closed()
                await unhurried(self._languages.close())
                await workflow.wait_condition(self._all_is_told)
            except (asyncio.CancelledError, FailureError) as stopped:
                if not was_cancelled(stopped):
                    raise
                await self._cancelled()
                continue
            if self._is_closed():  # no decision has reopened it
                break
        if self._state.status is JobStatus.CANCELLED and workflow.patched("cancelled-ends-as-cancelled"):
            self._ending = True
            await end_as_cancelled(self._job)
        return JobOutcome(status=self._state.status, revision=self._state.revision)

    async def _until_closed(self) -> None:
        while not self._is_closed():
            gate = await self._work.run(self._stage())
            if gate is not None:
                await self._enter(gate)
            heed_cancellation()

    async def _stage(self) -> JobStatus:
        """Works up to the next gate."""
        if self._state.status in DRAFTING or self._steps.failures:
            await self._drafts.make()
            if self._steps.failures and workflow.patched("forgets-what-has-no-work-left"):
                self._steps.failures.clear()  # the step had nothing to do, so its failure was not cleared
            if self._state.renewed:
                await self._flag_cues()
            return JobStatus.PENDING_QC
        at_gate = self._state.status is JobStatus.PENDING_FINAL_REVIEW
        if self._languages.due or (self._state.in_languages and not at_gate):
            return await self._make_languages()
        return await self._rest()

    async def _make_languages(self) -> JobStatus:
        while True:
            await self._languages.begin_all()
            await self._work.wait(lambda: bool(self._languages.due) or self._all_ready() or self._is_long())
            if self._languages.due:
                continue
            if self._all_ready():
                return JobStatus.PENDING_FINAL_REVIEW
            await self._continue_as_new()

    async def _rest(self) -> JobStatus:
        """Waits for a decision, which redirects the work. Continues as new once the history has grown long."""
        while True:
            await self._work.wait(self._is_long)
            await self._continue_as_new()

    async def _continue_as_new(self) -> None:
        await self._work.wait(self._all_is_told)
        if not self._languages.due:
            answered = self._desk.answered
            workflow.continue_as_new(JobInput(job=self._job, state=self._state, answered=answered))

    # Messages

    @workflow.update(name=names.DECIDE, description=f"A decision: {', '.join(JobAction)}.")
    async def decide(self, decision: JobDecision) -> Decided:
        return await self._take(decision)

    @decide.validator
    def _may_decide(self, decision: JobDecision) -> None:
        if not self._desk.knows(decision.id):
            check_run(decision.run_id)
            if (
                workflow.cancellation_reason() is not None
            ):  # this run ends, and so would anything that it begins
                raise moved_on()
            self._refuse(decision)
            refuse_removed(self._state, decision)
            refuse_undrafted(self._state, decision)

    @workflow.signal(
        name=names.DECIDE,
        description='As the update, without an answer: {"action": "retry"}. Exclude signals when resetting.',
    )
    async def decide_by_signal(self, decision: JobDecision) -> None:
        try:
            await self._take(decision)
        except ApplicationError as refused:
            self.tell_staff(f"Refused {decision.action}: {refused.message}")

    @workflow.signal(name=names.RETRY, description="Run what failed again. Needs no input.")
    async def retry(self, retry: Retry | None = None) -> None:
        await self.decide_by_signal(JobDecision(action=JobAction.RETRY, actor=(retry or Retry()).actor))

    @workflow.signal(
        name=names.REPORT, description="Internal, not for people. From a language: where it is now."
    )
    def report(self, report: LanguageReport) -> None:
        before, self._state = self._state, reported(self._state, report.state)
        if before.status is JobStatus.PENDING_FINAL_REVIEW and self._state.status is not before.status:
            self._work.redirect()
        if (before.status, before.failure) != (self._state.status, self._state.failure):
            self._projector.follow()
        self._projector.show()

    @workflow.signal(
        name=names.SETTLE,
        description="Internal, not for people. From the sweep, after a reset: row, texts and languages follow this run.",
    )
    async def settle(self, settle: Settle | None = None) -> None:
        if self._is_closed():
            return
        self._state = remembering(self._state, self._job, (settle or Settle()).languages)
        if self._state.in_languages:
            await self._languages.ask()
        else:
            await self._languages.stop_all("The job was reset.")
        if self._state.status is JobStatus.PENDING_QC:
            await self._open_source()
        await self._projector.write("reset")

    @workflow.query(name=names.STATE, description="Everything that is known of this job.")
    def state(self) -> JobState:
        return self._state

    # Implementation

    @property
    def _job(self) -> JobRef:
        """The job as it is now."""
        return self._state.ref(self._begun_as)

    def tell_staff(self, words: str) -> None:
        """Shows why a signal did nothing, since a signal has no answer; see `workflows.inbound`."""
        self._projector.note(words)

    async def _enter(self, status: JobStatus) -> None:
        """Enters a gate. Anything decided about earlier work has no effect here."""
        revision = self._state.revision + 1
        changes = {"status": status, "revision": revision, "step": None, "failure": None}
        changes["keep_human_edits"] = True
        self._state = self._state.model_copy(update=changes)
        self._projector.follow()
        if status is JobStatus.PENDING_QC and self._state.source_versions:  # they were pinned before
            await self._open_source()

    async def _flag_cues(self) -> None:
        inputs = FlagCuesInput(job=self._job, artifacts=self._state.artifacts)
        found = await self._steps.run(Step.TRANSCRIBE, lambda: steps.FLAG_CUES(inputs))
        self._state = self._state.model_copy(update={"flagged_cues": found.flagged})

    def _note(self, artifacts: Artifacts) -> None:
        self._state = self._state.model_copy(update={"artifacts": artifacts})

    def _drafts_changed(self) -> None:
        before, self._state = self._state, drafting(self._state, self._steps)
        if before != self._state:
            self._projector.follow()

    async def _cancelled(self) -> None:
        """Handles a cancellation from the Temporal UI or command line."""
        if not self._is_closed():
            self._state = decisions.cancelled(self._state)
            await self._projector.tell("cancel")

    def _all_is_told(self) -> bool:
        told = self._projector.has_followed() and self._languages.has_sent()
        return workflow.all_handlers_finished() and told

    def _is_closed(self) -> bool:
        return self._state.status in CLOSED

    def _all_ready(self) -> bool:
        return are_ready(self._state) and not self._desk.checking

    def _is_long(self) -> bool:
        return workflow.info().is_continue_as_new_suggested() and not self._desk.checking
