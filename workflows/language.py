"""One language of a job: translate, QC, synthesize, mux. A child of its job, so that a reset of German leaves
French alone."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from schema.contracts.language import (
        LanguageBegin,
        LanguageDecided,
        LanguageDecision,
        LanguageInput,
        LanguageReport,
        LanguageSnapshot,
        LanguageState,
        Retry,
    )
    from schema.contracts.people import Actor
    from schema.contracts.steps import (
        Failure,
        MuxInput,
        PinInput,
        PublishInput,
        SynthesizeInput,
        TranslateInput,
        UnlockInput,
        Versions,
    )
    from schema.enums import Gate, LanguageAction, LanguageStage, QCState, Step
    from schema.transitions import allowed_language_actions
    from workflows import language_decisions as decisions
    from workflows import names, steps
    from workflows.work import Redirectable, Steps, check_current, check_revision, conflict

_KEPT_ANSWERS = 20
_HUMAN = (LanguageStage.LANGUAGE_QC, LanguageStage.FAILED)


@workflow.defn(name=names.LANGUAGE_WORKFLOW)
class LanguageWorkflow:
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
        self._state = start.state
        self._outputs = start.begin.outputs
        self._artifacts = start.begin.artifacts
        self._answered = dict(start.answered)
        self._work = Redirectable()
        self._steps = Steps(self._step_changed, start.state.language)
        self._sequence = 0
        self._closed = False
        self._deciding = False
        self._clips: str | None = None
        self._take_up(start.begin)

    @workflow.run
    async def run(self, start: LanguageInput) -> None:
        try:
            await self._until_closed(start)
        except asyncio.CancelledError:
            await self._cancelled()
            raise
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def _until_closed(self, start: LanguageInput) -> None:
        await self._project("begin")
        await self._report()
        while not self._closed:
            following = await self._work.run(self._stage())
            if following is None:
                continue
            if following is LanguageStage.REMOVED:  # the history is long: go on in a new run
                await self._continue_as_new(start)
                continue
            self._state = self._state.model_copy(update={"stage": following})
            await self._project()
            await self._report()

    async def _stage(self) -> LanguageStage:
        match self._state.stage:
            case LanguageStage.TRANSLATING:
                return await self._translate()
            case LanguageStage.LANGUAGE_QC:
                return await self._wait_for_qc()
            case LanguageStage.SYNTHESIZING | LanguageStage.MUXING:
                return await self._produce()
            case _:
                return await self._rest()

    async def _translate(self) -> LanguageStage:
        source = self._state.source_versions
        assert source is not None
        inputs = TranslateInput(
            job=self._job,
            language=self._state.language,
            source_versions=source,
            glossary_version_id=self._state.glossary_version_id,
            artifacts=self._artifacts,
        )
        made = await self._steps.run(Step.TRANSLATE, lambda: steps.TRANSLATE(inputs))
        qc = decisions.qc_after_translation(self._state, made.flagged_cues)
        approved = qc is QCState.APPROVED
        self._state = self._state.model_copy(
            update={
                "qc_state": qc,
                "flagged_cues": made.flagged_cues,
                "glossary_version_id": made.glossary_version_id,
                "versions": made.versions if approved else None,
            }
        )
        return LanguageStage.SYNTHESIZING if approved else LanguageStage.LANGUAGE_QC

    async def _wait_for_qc(self) -> LanguageStage:
        await self._open_text()
        return await self._rest()

    async def _open_text(self) -> None:
        await steps.UNLOCK(UnlockInput(job=self._job, language=self._state.language))

    async def _rest(self) -> LanguageStage:
        """Waits for a decision, which redirects; returns only when the history has grown long."""
        await workflow.wait_condition(
            lambda: workflow.info().is_continue_as_new_suggested() and not self._deciding
        )
        return LanguageStage.REMOVED

    async def _produce(self) -> LanguageStage:
        """Publishes the approved texts, then makes what was asked for of them."""
        versions = self._state.versions
        assert versions is not None
        job, language, outputs = self._job, self._state.language, self._outputs
        publish = PublishInput(job=job, language=language, versions=versions, outputs=outputs)
        speak = SynthesizeInput(
            job=job, language=language, versions=versions, outputs=outputs, artifacts=self._artifacts
        )
        await self._steps.run(Step.SYNTHESIZE, lambda: steps.PUBLISH(publish))
        if not outputs.wants_speech:
            return LanguageStage.READY
        spoken = await self._steps.run(Step.SYNTHESIZE, lambda: steps.SYNTHESIZE(speak))
        self._state = self._state.model_copy(update={"plan": spoken.plan, "added_ms": spoken.added_ms})
        if not outputs.accessible_video_mp4:
            return LanguageStage.READY
        self._state = self._state.model_copy(update={"stage": LanguageStage.MUXING})
        await self._report()
        render = MuxInput(
            job=job,
            language=language,
            versions=versions,
            outputs=outputs,
            artifacts=self._artifacts,
            plan=spoken.plan,
            clips=spoken.clips,
        )
        await self._steps.run(Step.MUX, lambda: steps.MUX(render))
        return LanguageStage.READY

    # Messages from the job

    @workflow.signal(name=names.BEGIN, description="From the job: begin, or begin again, at a stage.")
    async def begin(self, begin: LanguageBegin) -> None:
        if begin.revision < self._state.revision:
            return
        if begin.revision > self._state.revision:
            self._take_up(begin)
            self._work.redirect()
            await self._project("begin")
        await self._report()

    @workflow.signal(name=names.STOP, description="From the job: stop what runs and wait.")
    async def stop(self, reason: str | None = None) -> None:
        self._state = self._state.model_copy(
            update={"stage": LanguageStage.WAITING, "reason": reason, "failure": None}
        )
        self._work.redirect()
        await self._project("stop")

    @workflow.signal(name=names.CLOSE, description="From the job: the job is over.")
    def close(self) -> None:
        self._closed = True
        self._work.redirect()

    # Messages from people

    @workflow.signal(name=names.RETRY, description="Run the failed step again. Needs no input.")
    async def retry(self, retry: Retry | None = None) -> None:
        if self._steps.retry(retry.step if retry else None):
            await self._step_changed()

    @workflow.update(
        name=names.DECIDE,
        description="A decision: assign, reassign, assign_reviewer, reassign_reviewer, start_work, submit, "
        "open_review, approve, reject, reopen.",
    )
    async def decide(self, decision: LanguageDecision) -> LanguageDecided:
        return await self._decide(decision)

    async def _decide(self, decision: LanguageDecision) -> LanguageDecided:
        if decision.id in self._answered:
            return self._answered[decision.id]
        check_revision(decision.revision, self._state.revision)
        decisions.refuse(self._state, decision)
        pinned = await self._pin(decision) if decision.action is LanguageAction.APPROVE else None
        before = self._state
        self._state = decisions.after(before, decision, pinned)
        if decisions.stops_work(before, self._state):
            self._work.redirect()
        if decision.action is LanguageAction.REOPEN:
            await self._open_text()
        await self._project(decision.action.value, decision.actor)
        await self._report()
        answer = LanguageDecided(
            stage=self._state.stage,
            qc_state=self._state.qc_state,
            revision=self._state.revision,
            allowed_actions=tuple(allowed_language_actions(self._state.qc_state)),
        )
        if decision.id:
            self._answered = dict([*self._answered.items(), (decision.id, answer)][-_KEPT_ANSWERS:])
        return answer

    @decide.validator
    def _may_decide(self, decision: LanguageDecision) -> None:
        if decision.id in self._answered:
            return
        check_current(decision.revision, decision.run_id, self._state.revision)
        decisions.refuse(self._state, decision)
        if self._deciding:
            raise conflict("Somebody else is deciding this right now.", "deciding")

    @workflow.signal(name="decide", description='As the update, without an answer: {"action": "submit"}.')
    async def decide_by_signal(self, decision: LanguageDecision) -> None:
        try:
            await self._decide(decision)
        except ApplicationError as refused:
            workflow.set_current_details(f"{self._details()}\n\nRefused {decision.action}: {refused.message}")

    @workflow.query(name=names.STATE, description="Everything that is known of this language.")
    def state(self) -> LanguageState:
        return self._current()

    @workflow.query(name=names.SNAPSHOT, description="What the projector would write now.")
    def snapshot(self) -> LanguageSnapshot:
        return self._snapshot(None, None)

    # How it is done

    def _take_up(self, begin: LanguageBegin) -> None:
        self._outputs, self._artifacts = begin.outputs, begin.artifacts
        changes: dict[str, object] = {
            "revision": begin.revision,
            "stage": begin.stage,
            "source_versions": begin.source_versions,
            "reason": begin.reason,
            "failure": None,
        }
        if self._state.is_source:
            changes["versions"] = begin.source_versions
        if begin.reopen:
            changes["qc_state"] = QCState.IN_PROGRESS if self._state.linguist_id else QCState.UNASSIGNED
        self._state = self._state.model_copy(update=changes)

    async def _pin(self, decision: LanguageDecision) -> Versions:
        """Marks the gate as deciding before its first await, so that two who approve at once are one and a 409."""
        if self._deciding:
            raise conflict("Somebody else is deciding this right now.", "deciding")
        self._deciding, before = True, self._state
        try:
            pin = await steps.PIN(
                PinInput(
                    job=self._job,
                    language=self._state.language,
                    gate=Gate.LANGUAGE_QC,
                    expected=decision.versions,
                    outputs=self._outputs,
                    artifacts=self._artifacts,
                    check=True,
                    override_reason=decision.override_reason,
                    actor=decision.actor,
                )
            )
        finally:
            self._deciding = False
        if pin.refusal or pin.versions is None:
            raise conflict(
                pin.refusal or "The texts could not be pinned.",
                pin.code or "stale",
                findings=list(pin.findings),
            )
        if self._state is not before:
            raise conflict(
                "The work has moved on since this was decided. Look again, and decide anew.", "revision"
            )
        return pin.versions

    def _current(self) -> LanguageState:
        """The state with the failure that waits, if one does."""
        if failure := self._steps.failure:
            return self._state.model_copy(update={"stage": LanguageStage.FAILED, "failure": failure})
        return self._state

    def _snapshot(self, event: str | None, actor: Actor | None) -> LanguageSnapshot:
        return LanguageSnapshot(
            job=self._job,
            state=self._current(),
            sequence=self._sequence,
            run_id=workflow.info().run_id,
            event=event,
            actor=actor,
        )

    def _details(self) -> str:
        state = self._current()
        lines = [f"**{state.language}**: {state.stage.value}, language QC {state.qc_state.value}"]
        if state.failure:
            lines.append(
                f"{state.failure.step.value} failed: {state.failure.reason} Signal `retry` runs it again."
            )
        if state.reason:
            lines.append(f"Reason: {state.reason}")
        return "\n\n".join(lines)

    async def _project(self, event: str | None = None, actor: Actor | None = None) -> None:
        self._sequence += 1
        state = self._current()
        workflow.set_current_details(self._details())
        workflow.upsert_search_attributes(
            [
                names.JOB_STATUS.value_set(state.stage.value),
                names.NEEDS_HUMAN.value_set(state.stage in _HUMAN),
            ]
        )
        await steps.PROJECT_LANGUAGE(self._snapshot(event, actor))

    async def _cancelled(self) -> None:
        """Cancelled from the Temporal UI or command line, not by the job: the job may begin it again."""
        step = {LanguageStage.TRANSLATING: Step.TRANSLATE, LanguageStage.LANGUAGE_QC: Step.TRANSLATE}.get(
            self._state.stage, Step.SYNTHESIZE
        )
        reason = "Its workflow was cancelled in Temporal. Retry begins it again."
        failure = Failure(step=step, language=self._state.language, code="cancelled", reason=reason)
        self._state = self._state.model_copy(update={"stage": LanguageStage.FAILED, "failure": failure})
        await self._project("cancelled")
        await self._report()

    async def _step_changed(self) -> None:
        await self._project()
        await self._report()

    async def _report(self) -> None:
        """Tells the job. One that is gone needs no telling: its reconciler reads the row."""
        job = workflow.get_external_workflow_handle(names.job_workflow_id(self._job.job_id))
        try:
            await job.signal(names.REPORT, LanguageReport(state=self._current()))
        except ApplicationError as gone:
            workflow.logger.info("the job of this language takes no report: %s", gone.message)

    async def _continue_as_new(self, start: LanguageInput) -> None:
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self._closed or self._state.stage not in (
            LanguageStage.LANGUAGE_QC,
            LanguageStage.READY,
            LanguageStage.WAITING,
        ):
            return
        assert self._state.source_versions is not None
        begin = LanguageBegin(
            revision=self._state.revision,
            stage=self._state.stage,
            outputs=self._outputs,
            artifacts=self._artifacts,
            source_versions=self._state.source_versions,
            reason=self._state.reason,
        )
        workflow.continue_as_new(
            LanguageInput(job=start.job, state=self._state, begin=begin, answered=self._answered)
        )
