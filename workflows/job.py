"""A job: one source video on its way to accessible outputs."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from schema.contracts.job import Decided, JobDecision, JobInput, JobOutcome, JobSnapshot, JobState
    from schema.contracts.language import LanguageReport, Retry
    from schema.contracts.people import Actor
    from schema.contracts.steps import (
        EnsureTextInput,
        PinInput,
        PlaceInput,
        ProbeInput,
        TranscribeInput,
        UnlockInput,
        VerifyInput,
        Versions,
        WatchInput,
    )
    from schema.enums import Gate, JobAction, JobStatus, LanguageStage, Step
    from schema.transitions import CLOSED, DRAFTING, IN_LANGUAGES, allowed_job_actions, status_of
    from workflows import job_decisions as decisions
    from workflows import names, steps
    from workflows.children import Languages
    from workflows.work import Redirectable, Steps, check_current, check_revision, conflict

_KEPT_ANSWERS = 20
_HUMAN = frozenset(
    {
        JobStatus.PENDING_QC,
        JobStatus.PENDING_FINAL_REVIEW,
        JobStatus.FAILED,
        JobStatus.BLOCKED_ON_SOURCE,
        JobStatus.REJECTED,
    }
)
_DRAFT_STATUS = {
    Step.PROBE: JobStatus.PROBING,
    Step.TRANSCRIBE: JobStatus.TRANSCRIBING,
    Step.DESCRIBE: JobStatus.DESCRIBING,
}


@workflow.defn(name=names.JOB_WORKFLOW)
class JobWorkflow:
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
        self._job = start.job
        self._state = start.state
        self._answered = dict(start.answered)
        self._work = Redirectable()
        self._steps = Steps(self._drafts_changed)
        self._languages = Languages(start.job, start.state.languages)
        self._sequence = 0
        self._deciding = False
        if start.state.failure and start.state.failure.language is None and not start.state.stopped:
            self._steps.failures[start.state.failure.step] = start.state.failure
        if start.state.status in IN_LANGUAGES | {JobStatus.FAILED}:
            self._languages.resume(start.state)

    @workflow.run
    async def run(self, start: JobInput) -> JobOutcome:
        try:
            await self._until_closed(start)
        except asyncio.CancelledError:  # from the Temporal UI or command line
            self._state = self._state.model_copy(
                update={
                    "status": JobStatus.CANCELLED,
                    "reason": "Cancelled in Temporal.",
                    "failure": None,
                    "step": None,
                }
            )
            await self._project("cancel")
        await self._languages.close()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return JobOutcome(status=self._state.status, revision=self._state.revision)

    async def _until_closed(self, start: JobInput) -> None:
        if start.state.status in CLOSED:  # later work: the decision that it is comes with the start
            await workflow.wait_condition(lambda: self._state.status not in CLOSED, timeout=60)
        while self._state.status not in CLOSED:
            following = await self._work.run(self._stage())
            if following is None:
                continue
            if following is self._state.status:
                await self._continue_as_new(start)
                continue
            await self._enter(following)

    async def _stage(self) -> JobStatus:
        """One stage; the status that follows it, or its own where the history is long."""
        status = self._state.status
        if status in DRAFTING or self._steps.failures:
            return await self._make_drafts()
        if status in IN_LANGUAGES or (status is JobStatus.FAILED and not self._state.stopped):
            return await self._make_languages()
        return await self._rest()

    async def _make_drafts(self) -> JobStatus:
        if self._state.artifacts.media_report is None:
            await self._steps.run(Step.PROBE, self._probe)
        await asyncio.gather(self._transcribe(), self._watch())
        if self._state.outputs.wants_description:
            place = PlaceInput(job=self._job, artifacts=self._state.artifacts, outputs=self._state.outputs)
            await self._steps.run(Step.DESCRIBE, lambda: steps.PLACE(place))
        return JobStatus.PENDING_QC

    async def _probe(self) -> None:
        made = await steps.PROBE(ProbeInput(job=self._job))
        self._note_artifacts(**made.model_dump())

    async def _transcribe(self) -> None:
        if self._state.artifacts.words is not None:
            return
        inputs = TranscribeInput(
            job=self._job, artifacts=self._state.artifacts, want_captions=self._state.outputs.captions_vtt
        )
        heard = await self._steps.run(Step.TRANSCRIBE, lambda: steps.TRANSCRIBE(inputs))
        self._note_artifacts(words=heard.words)

    async def _watch(self) -> None:
        if self._state.artifacts.sight is not None or not self._state.outputs.wants_description:
            return
        inputs = WatchInput(job=self._job, artifacts=self._state.artifacts)
        seen = await self._steps.run(Step.DESCRIBE, lambda: steps.WATCH(inputs))
        self._note_artifacts(sight=seen.sight)

    async def _make_languages(self) -> JobStatus:
        while True:
            await self._languages.begin_all(self._state)
            await workflow.wait_condition(
                lambda: bool(self._languages.due) or self._all_ready() or self._long()
            )
            if not self._languages.due:
                return JobStatus.PENDING_FINAL_REVIEW if self._all_ready() else self._state.status

    async def _rest(self) -> JobStatus:
        """Waits for a decision, which redirects; returns only when the history has grown long."""
        await workflow.wait_condition(self._long)
        return self._state.status

    # Messages

    @workflow.update(
        name=names.DECIDE,
        description="A decision: approve_source, reject, promote_to_qc, blocked_on_source, retry, retry_tts, "
        "complete, reject_final, return_to_qc, cancel, change_outputs, reprocess.",
    )
    async def decide(self, decision: JobDecision) -> Decided:
        return await self._decide(decision)

    @decide.validator
    def _may_decide(self, decision: JobDecision) -> None:
        if decision.id in self._answered:
            return
        check_current(decision.revision, decision.run_id, self._state.revision)
        decisions.refuse(self._state, decision, self._job)
        if self._deciding and decision.action is not JobAction.CANCEL:
            raise conflict("Somebody else is deciding this right now.", "deciding")

    @workflow.signal(
        name=names.DECIDE,
        description='As the update, without an answer: {"action": "retry"}. Exclude signals when resetting.',
    )
    async def decide_by_signal(self, decision: JobDecision) -> None:
        try:
            await self._decide(decision)
        except ApplicationError as refused:
            workflow.set_current_details(f"{self._details()}\n\nRefused {decision.action}: {refused.message}")

    @workflow.signal(name=names.RETRY, description="Run what failed again. Needs no input.")
    async def retry(self, retry: Retry | None = None) -> None:
        actor = retry.actor if retry else Actor.staff()
        await self.decide_by_signal(JobDecision(action=JobAction.RETRY, actor=actor))

    @workflow.signal(name=names.REPORT, description="From a language: where it is now.")
    async def report(self, report: LanguageReport) -> None:
        known = self._state.languages.get(report.state.language)
        if known is None or report.state.revision < known.revision or known.stage is LanguageStage.REMOVED:
            return
        languages = self._state.languages | {report.state.language: report.state}
        before = self._state
        self._state = before.model_copy(update={"languages": languages})
        if (
            before.status in IN_LANGUAGES | {JobStatus.FAILED, JobStatus.PENDING_FINAL_REVIEW}
            and not self._steps.failures
        ):
            await self._follow_languages(before)

    @workflow.query(name=names.STATE, description="Everything that is known of this job.")
    def state(self) -> JobState:
        return self._state

    @workflow.query(name=names.SNAPSHOT, description="What the projector would write now.")
    def snapshot(self) -> JobSnapshot:
        return self._snapshot(None, None)

    # How it is done

    async def _decide(self, decision: JobDecision) -> Decided:
        if decision.id in self._answered:
            return self._answered[decision.id]
        check_revision(decision.revision, self._state.revision)
        decisions.refuse(self._state, decision, self._job)
        pinned = await self._check(decision)
        effect = decisions.effect_of(self._state, decision, self._job, pinned)
        self._state = effect.state
        self._languages.take(effect)
        if effect.redirect:
            self._work.redirect()
        if effect.retry_source:
            self._steps.retry()
        if effect.retry:
            await self._languages.retry(effect.retry, self._state)
        if effect.stop:
            await self._languages.stop(effect.stop, decision.reason)
        if self._state.status is JobStatus.PENDING_QC:
            await self._open_source()
        await self._project(decision.action.value, decision.actor)
        answer = Decided(
            status=self._state.status,
            revision=self._state.revision,
            allowed_actions=tuple(allowed_job_actions(self._state.status)),
        )
        if decision.id:
            self._answered = dict([*self._answered.items(), (decision.id, answer)][-_KEPT_ANSWERS:])
        return answer

    async def _check(self, decision: JobDecision) -> Versions | None:
        """What only the database can tell. Marks the gate as deciding before its first await, so that two who press
        at once are one success and one 409."""
        checks = {
            JobAction.APPROVE_SOURCE: self._pin,
            JobAction.APPROVE_ENGLISH: self._pin,
            JobAction.PROMOTE_TO_QC: self._ensure_text,
            JobAction.COMPLETE: self._verify,
        }
        check = checks.get(decision.action)
        if check is None:
            return None
        if self._deciding:
            raise conflict("Somebody else is deciding this right now.", "deciding")
        self._deciding, before = True, (self._state.status, self._state.revision)
        try:
            pinned = await check(decision)
        finally:
            self._deciding = False
        if (self._state.status, self._state.revision) != before:
            raise conflict(
                "The work has moved on since this was decided. Look again, and decide anew.", "revision"
            )
        return pinned

    async def _pin(self, decision: JobDecision) -> Versions:
        pin = await steps.PIN(
            PinInput(
                job=self._job,
                language=self._job.source_language,
                gate=Gate.SOURCE_QC,
                expected=decision.versions,
                outputs=self._state.outputs,
                artifacts=self._state.artifacts,
                check=False,
                actor=decision.actor,
            )
        )
        if pin.refusal or pin.versions is None:
            raise conflict(
                pin.refusal or "The texts could not be pinned.",
                pin.code or "stale",
                findings=list(pin.findings),
            )
        return pin.versions

    async def _ensure_text(self, decision: JobDecision) -> None:
        ensured = await steps.ENSURE_TEXT(EnsureTextInput(job=self._job, outputs=self._state.outputs))
        if ensured.refusal:
            raise conflict(ensured.refusal)

    async def _verify(self, decision: JobDecision) -> None:
        verified = await steps.VERIFY(VerifyInput(job=self._job, outputs=self._state.outputs))
        if verified.missing:
            missing = [f"{each.kind.value} ({each.language})" for each in verified.missing]
            raise conflict(
                f"Not every requested output exists: {', '.join(missing)} is missing.",
                "missing",
                missing=missing,
            )

    async def _enter(self, status: JobStatus) -> None:
        gate = status in (JobStatus.PENDING_QC, JobStatus.PENDING_FINAL_REVIEW)
        revision = self._state.revision + (1 if gate else 0)
        self._state = self._state.model_copy(
            update={"status": status, "revision": revision, "step": None, "failure": None}
        )
        if status is JobStatus.PENDING_QC:
            await self._open_source()
        await self._project()

    async def _open_source(self) -> None:
        await steps.UNLOCK(UnlockInput(job=self._job, language=self._job.source_language))

    async def _drafts_changed(self) -> None:
        running, failure = self._steps.running, self._steps.failure
        step = failure.step if failure else min(running, key=list(Step).index, default=None)
        status = JobStatus.FAILED if failure else _DRAFT_STATUS.get(step or Step.PROBE, self._state.status)
        changed = self._state.model_copy(update={"status": status, "step": step, "failure": failure})
        if changed != self._state:
            self._state = changed
            await self._project()

    async def _follow_languages(self, before: JobState) -> None:
        """The status after source QC is that of the least advanced language, or failed when one failed."""
        status = status_of(language.stage for language in self._state.languages.values())
        failure = next((each.failure for each in self._state.languages.values() if each.failure), None)
        if status is JobStatus.PENDING_FINAL_REVIEW:
            status = before.status  # the main loop enters the gate, once
        elif before.status is JobStatus.PENDING_FINAL_REVIEW:
            self._work.redirect()
        step = failure.step if failure else None
        self._state = self._state.model_copy(update={"status": status, "failure": failure, "step": step})
        if (before.status, before.failure) != (status, failure):
            await self._project()

    def _note_artifacts(self, **made: object) -> None:
        artifacts = self._state.artifacts.model_copy(update=made)
        self._state = self._state.model_copy(update={"artifacts": artifacts})

    def _all_ready(self) -> bool:
        return not self._deciding and all(
            language.stage in (LanguageStage.READY, LanguageStage.REMOVED)
            for language in self._state.languages.values()
        )

    def _long(self) -> bool:
        return workflow.info().is_continue_as_new_suggested() and not self._deciding

    def _snapshot(self, event: str | None, actor: Actor | None) -> JobSnapshot:
        return JobSnapshot(
            job=self._job,
            state=self._state,
            sequence=self._sequence,
            run_id=workflow.info().run_id,
            event=event,
            actor=actor,
        )

    def _details(self) -> str:
        state = self._state
        lines = [f"**{state.status.value}**" + (f", step {state.step.value}" if state.step else "")]
        if state.failure:
            lines.append(
                f"{state.failure.step.value} failed: {state.failure.reason} Signal `retry` runs it again."
            )
        if state.reason:
            lines.append(f"Reason: {state.reason}")
        lines += [
            f"- {code}: {each.stage.value}, QC {each.qc_state.value}"
            for code, each in state.languages.items()
        ]
        lines.append(
            "Allowed now: " + ", ".join(action.value for action in allowed_job_actions(state.status))
        )
        return "\n\n".join(lines)

    async def _project(self, event: str | None = None, actor: Actor | None = None) -> None:
        self._sequence += 1
        status, step = self._state.status, self._state.step
        workflow.set_current_details(self._details())
        workflow.upsert_search_attributes(
            [
                names.JOB_STATUS.value_set(status.value),
                names.JOB_STEP.value_set(step.value) if step else names.JOB_STEP.value_unset(),
                names.NEEDS_HUMAN.value_set(status in _HUMAN),
            ]
        )
        await steps.PROJECT_JOB(self._snapshot(event, actor))

    async def _continue_as_new(self, start: JobInput) -> None:
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self._state.status not in CLOSED and not self._languages.due:
            workflow.continue_as_new(JobInput(job=start.job, state=self._state, answered=self._answered))
