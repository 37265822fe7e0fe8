"""One language of a job: translate, QC, synthesize, mux. It is a child workflow of the job, so that a reset of German
does not touch French."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from schema.contracts.job import Settle
    from schema.contracts.language import (
        AboutJob,
        LanguageBegin,
        LanguageDecided,
        LanguageDecision,
        LanguageInput,
        LanguageState,
        LanguageStop,
        Retry,
    )
    from schema.contracts.steps import JobRef, SynthesizeResult
    from schema.enums import LanguageAction, LanguageStage
    from workflows import language_decisions as decisions
    from workflows import names
    from workflows.deciding import LanguageDecisions
    from workflows.desk import Desk
    from workflows.production import produce, translate
    from workflows.projector import LanguageProjector
    from workflows.refusals import check_run
    from workflows.work import Redirectable, Steps, heed_cancellation, was_cancelled


_NEW_TEXT = "a-new-text-is-checked"
"""Patch: approved work that gains a newly requested text waits for its linguist. Before, the text was spoken at
once."""


@workflow.defn(name=names.LANGUAGE_WORKFLOW)
class LanguageWorkflow(LanguageDecisions):
    """1. translate the approved source (not for the source's own language);
    2. language QC: linguist and reviewer, by decisions;
    3. publish the approved texts, speak the descriptions, plan;
    4. render the accessible video;
    5. ready: wait for the job to close, or for later work.

    A step that fails for good waits for a retry. The workflow ends when its job tells it to, and not before.
    """

    @workflow.init
    def __init__(self, start: LanguageInput) -> None:
        self._job = start.job
        self._begun = start.begin
        self._state = decisions.taken_up(start.state, start.begin)
        self._desk = Desk(start.answered)
        self._work = Redirectable()
        self._projector = LanguageProjector(lambda: self._job, self._current)
        self._steps = Steps(self._projector.follow, self._work, start.state.language)
        self._closed = False

    @workflow.run
    async def run(self, start: LanguageInput) -> None:
        try:
            if workflow.info().continued_run_id is None:
                self._projector.follow("begin")
            heed_cancellation()
            while True:
                await self._until_closed()
                await workflow.wait_condition(self._all_is_told)
                if self._closed:  # nobody has begun it again in the meantime
                    self._projector.needs_nobody()
                    return
        except (asyncio.CancelledError, FailureError) as stopped:
            if was_cancelled(stopped):
                await self._cancelled()
                self._projector.needs_nobody()
            raise

    async def _until_closed(self) -> None:
        while not self._closed:
            following = await self._work.run(self._stage())
            if following is not None:
                self._state = self._state.model_copy(update={"stage": following})
                self._projector.follow()
            heed_cancellation()

    async def _stage(self) -> LanguageStage:
        """Runs one stage. Returns the next one."""
        match self._state.stage:
            case LanguageStage.TRANSLATING:
                made = await translate(self._work_of(), self._state, self._begun, self._steps)
                new_text = decisions.has_new_text(self._state, made) and workflow.patched(_NEW_TEXT)
                self._state, following = decisions.translated(self._state, made, new_text=new_text)
                return following
            case LanguageStage.SYNTHESIZING | LanguageStage.MUXING:
                await produce(self._work_of(), self._state, self._begun, self._steps, self._spoken)
                return LanguageStage.READY
            case LanguageStage.LANGUAGE_QC:
                await self._open_text()
        return await self._rest()

    async def _spoken(self, speech: SynthesizeResult) -> None:
        stage = LanguageStage.MUXING if self._begun.outputs.accessible_video_mp4 else self._state.stage
        changes = {"plan": speech.plan, "added_ms": speech.added_ms, "stage": stage}
        self._state = self._state.model_copy(update=changes)

    async def _rest(self) -> LanguageStage:
        """Waits for a decision, which redirects the work. Continues as new once the history has grown long."""
        await self._work.wait(
            lambda: workflow.info().is_continue_as_new_suggested() and not self._desk.checking
        )
        await self._work.wait(self._all_is_told)
        begin = decisions.begun_already(self._state, self._begun)
        workflow.continue_as_new(
            LanguageInput(job=self._job, state=self._state, begin=begin, answered=self._desk.answered)
        )

    # Messages from the job

    @workflow.signal(
        name=names.BEGIN,
        description="Internal, not for people. From the job: begin, or begin again, at a stage.",
    )
    async def begin(self, begin: LanguageBegin) -> None:
        self._job = begin.job or self._job
        if decisions.takes_up(self._state, begin):
            self._begun, self._closed = begin, False
            self._state = decisions.taken_up(self._state, begin)
            self._turn()
            self._projector.follow("begin")
        else:
            await self._projector.report()

    @workflow.signal(
        name=names.STOP, description="Internal, not for people. From the job: stop what runs and wait."
    )
    async def stop(self, stop: LanguageStop) -> None:
        self._state = decisions.stopped(self._state, stop)
        self._turn()
        await self._projector.write("stop")

    @workflow.signal(name=names.CLOSE, description="Internal, not for people. From the job: the job is over.")
    def close(self) -> None:
        self._closed = True
        self._turn()

    @workflow.signal(
        name=names.ABOUT, description="Internal, not for people. From the job: what of it is not as it was."
    )
    def about(self, job: AboutJob) -> None:
        self._job = JobRef.model_validate(job.model_dump())

    # Messages from people

    @workflow.update(name=names.DECIDE, description=f"A decision: {', '.join(LanguageAction)}.")
    async def decide(self, decision: LanguageDecision) -> LanguageDecided:
        return await self._take(decision)

    @decide.validator
    def _may_decide(self, decision: LanguageDecision) -> None:
        if not self._desk.knows(decision.id):
            check_run(decision.run_id)
            if not self._is_ahead(decision):
                self._refuse(decision)

    @workflow.signal(
        name=names.DECIDE,
        description='As the update, without an answer: {"action": "submit"}. Exclude signals when resetting.',
    )
    async def decide_by_signal(self, decision: LanguageDecision) -> None:
        try:
            await self._take(decision)
        except ApplicationError as refused:
            self.tell_staff(f"Refused {decision.action}: {refused.message}")

    @workflow.signal(name=names.RETRY, description="Run the failed step again. Needs no input.")
    async def retry(self, retry: Retry | None = None) -> None:
        if self._steps.retry(retry.step if retry else None):
            await self._projector.write("retry", (retry or Retry()).actor)

    @workflow.signal(
        name=names.SETTLE,
        description="Internal, not for people. From the sweep, after a reset: the row, the text and the job follow this run.",
    )
    async def settle(self, settle: Settle | None = None) -> None:
        if settle and settle.closed:
            self.close()
            return
        if self._state.stage is LanguageStage.LANGUAGE_QC:
            await self._open_text()
        await self._projector.write("reset")

    @workflow.query(name=names.STATE, description="Everything that is known of this language.")
    def state(self) -> LanguageState:
        return self._current()

    # Implementation

    def tell_staff(self, words: str) -> None:
        """Shows why a signal did nothing, since a signal has no answer; see `workflows.inbound`."""
        self._projector.note(words)

    async def _cancelled(self) -> None:
        """Handles a cancellation from the Temporal UI or command line. The job may begin the language again."""
        self._state = decisions.cancelled(self._state)
        self._steps.failures.clear()
        await self._projector.tell("cancelled")

    def _work_of(self) -> JobRef:
        return self._job.for_batch(self._begun.batch_id)

    def _all_is_told(self) -> bool:
        return workflow.all_handlers_finished() and self._projector.has_followed()

    def _current(self) -> LanguageState:
        """The state, with the failure that waits for a retry if there is one."""
        return self._with_failure(self._state)
