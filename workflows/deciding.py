"""How a workflow takes a decision: it is validated, checked against the database, written to the row, and only then
acted on. A decision that cannot be written changes nothing.

Parts of `JobWorkflow` and `LanguageWorkflow`, which hold the state. Runs that began under an older build act first and
write afterwards (`*_as_before`), because the order of commands is recorded in their histories.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import abstractmethod

from temporalio import workflow
from temporalio.exceptions import FailureError

from schema.contracts.job import Decided, JobDecision, JobState
from schema.contracts.language import LanguageBegin, LanguageDecided, LanguageDecision, LanguageState
from schema.contracts.steps import JobRef, Versions
from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage
from schema.transitions import CLOSED, allowed_job_actions, allowed_language_actions
from workflows import checks, job_decisions, job_refusals, language_decisions, names
from workflows.checks import check_person, open_text, pin_language
from workflows.children import Languages
from workflows.desk import Desk
from workflows.job_languages import Effect
from workflows.projector import JobProjector, LanguageProjector
from workflows.refusals import check_revision, conflict, moved_on
from workflows.work import Redirectable, Steps

_BEGUN_IN_S = 8
"""Less than the time for which a client waits for an answer."""

_SAME_PERSON = "same-person-goes-on"
"""Patch: assigning the current assignee again only changes the due date. Before, it set their work back to assigned."""
_DRAFTED_LATE = "drafts-what-is-asked-for-late"
"""Patch: new outputs that need a text which was never drafted send the job back to draft it. Before, each language
failed because the text was missing."""
_REPLACES_NOBODY = "assigning-replaces-nobody"
"""Patch: of two people who assign different reviewers at once, one is refused. Before, the later one silently won."""


class JobDecisions:
    @property
    @abstractmethod
    def _job(self) -> JobRef: ...

    _state: JobState
    _desk: Desk[Decided]
    _work: Redirectable
    _steps: Steps
    _languages: Languages
    _projector: JobProjector
    _ending: bool

    async def _take(self, decision: JobDecision) -> Decided:
        return await self._desk.take(decision.id, lambda: self._decide(decision))

    def _refuse_state(self, decision: JobDecision) -> None:
        check_revision(decision.revision, self._state.revision)
        job_refusals.refuse(self._state, decision, self._job)

    def _refuse(self, decision: JobDecision) -> None:
        if self._ending:
            raise moved_on()
        self._refuse_state(decision)
        if decision.action is not JobAction.CANCEL:
            self._desk.refuse_while_checking()

    async def _decide(self, decision: JobDecision) -> Decided:
        self._refuse(decision)
        if not workflow.patched(names.PROJECTED_FIRST):
            return await self._decide_as_before(decision)
        # What was checked must not change meanwhile. Anything else is derived from the current state when it is written.
        with self._desk.check() if decision.action in checks.CHECKS else contextlib.nullcontext():
            before = self._deciding_about()
            pinned = await self._check(decision)
            self._take_up(decision, await self._project(decision, pinned, before))
        if self._state.status is JobStatus.PENDING_QC:
            await self._open_source()
        return self._answer()

    async def _project(self, decision: JobDecision, pinned: Versions | None, before: object = None) -> Effect:
        """Writes the state after `decision` to the row. A check is only valid for the state `before` it."""
        effects: list[Effect] = []

        def after() -> JobState:
            if decision.action in checks.CHECKS and self._deciding_about() != before:
                raise moved_on()
            self._refuse_state(decision)
            effects.append(self._effect_of(decision, pinned))
            return effects[-1].state

        decided = {"decision_id": decision.id, "decision": decision, "before": self._state.status}
        await self._projector.decide(after, decision.action.value, decision.actor, **decided)
        return effects[-1]

    def _effect_of(self, decision: JobDecision, pinned: Versions | None) -> Effect:
        late = bool(job_decisions.never_drafted(self._state, decision)) and workflow.patched(_DRAFTED_LATE)
        return job_decisions.effect_of(
            self._state, decision, self._job, pinned, workflow.now(), drafts_late=late
        )

    def _take_up(self, decision: JobDecision, effect: Effect) -> None:
        """Acts on the state in the row. Languages are told after the decision is answered."""
        self._state = effect.state
        self._follow_effect(effect)
        self._languages.send(effect, decision.reason)

    def _follow_effect(self, effect: Effect) -> None:
        self._languages.take(effect)
        if effect.retry_source:
            self._steps.retry()
        if effect.redirect:
            self._steps.failures.clear()
            self._work.redirect()

    async def _decide_as_before(self, decision: JobDecision) -> Decided:
        """For runs that began under an older build: memory first, then the languages, then the row."""
        check, before = decision.action in checks.CHECKS, self._deciding_about()
        decided = {"decision": decision, "before": self._state.status}
        with self._desk.check() if check else contextlib.nullcontext():
            pinned = await self._check(decision)
        if check and self._deciding_about() != before:
            raise moved_on()
        effect = self._effect_of(decision, pinned)
        self._state = effect.state
        self._follow_effect(effect)
        await self._languages.carry_out(effect, decision.reason)
        if self._state.status is JobStatus.PENDING_QC:
            await self._open_source()
        await self._projector.write(decision.action.value, decision.actor, **decided)
        await workflow.wait_condition(
            lambda: self._languages.has_begun(effect) or self._state.status in CLOSED
        )
        return self._answer()

    def _answer(self) -> Decided:
        status = self._state.status
        allowed = tuple(allowed_job_actions(status))
        return Decided(status=status, revision=self._state.revision, allowed_actions=allowed)

    def _deciding_about(self) -> tuple[JobStatus, int]:
        return (self._state.status, self._state.revision)

    async def _check(self, decision: JobDecision) -> Versions | None:
        """The checks that need the database."""
        check = checks.CHECKS.get(decision.action)
        return await check(self._job, self._state, decision) if check else None

    async def _open_source(self) -> None:
        await checks.open_text(self._job, self._job.source_language)


class LanguageDecisions:
    _job: JobRef
    _state: LanguageState
    _begun: LanguageBegin
    _desk: Desk[LanguageDecided]
    _work: Redirectable
    _steps: Steps
    _projector: LanguageProjector

    async def _take(self, decision: LanguageDecision) -> LanguageDecided:
        return await self._desk.take(decision.id, lambda: self._decide(decision))

    def _refuse_state(self, decision: LanguageDecision) -> None:
        check_revision(decision.revision, self._state.revision)
        language_decisions.refuse(self._state, decision)

    def _refuse(self, decision: LanguageDecision) -> None:
        self._refuse_state(decision)
        self._desk.refuse_while_checking()

    def _is_ahead(self, decision: LanguageDecision) -> bool:
        """Whether the decision is about work that the row shows but the job has not begun yet, since a language is told
        after the answer."""
        return decision.revision is not None and decision.revision > self._state.revision

    async def _decide(self, decision: LanguageDecision) -> LanguageDecided:
        if self._is_ahead(decision):
            with contextlib.suppress(asyncio.TimeoutError):
                await workflow.wait_condition(lambda: not self._is_ahead(decision), timeout=_BEGUN_IN_S)
        self._refuse(decision)
        if not workflow.patched(names.PROJECTED_FIRST):
            return await self._decide_as_before(decision)
        with self._desk.check() if decision.action is LanguageAction.APPROVE else contextlib.nullcontext():
            pinned = await self._check(decision)
            after = await self._project(decision, pinned, self._state)
            before, self._state = self._state, after
        await self._follow_decision(decision, before)
        return self._answer()

    async def _check(self, decision: LanguageDecision) -> Versions | None:
        """The checks that need the database."""
        if decision.action is LanguageAction.APPROVE:
            return await pin_language(self._job, self._state, self._begun, decision)
        if decision.action in language_decisions.ASSIGNS:
            await check_person(self._job, decision)
        return None

    async def _project(
        self, decision: LanguageDecision, pinned: Versions | None, before: LanguageState
    ) -> LanguageState:
        """Writes the state after `decision` to the row. The failure of a step that waits for a retry stays in it."""
        derived: list[LanguageState] = []

        def after() -> LanguageState:
            if pinned is not None and self._state != before:
                raise moved_on()
            self._refuse_state(decision)
            derived.append(self._after(decision, pinned))
            goes_on = derived[-1].stage is self._state.stage
            return self._with_failure(derived[-1]) if goes_on else derived[-1]

        decided = {"decision_id": decision.id, "decision": decision, "before": before.qc_state}
        try:
            await self._projector.decide(after, decision.action.value, decision.actor, **decided)
        except FailureError:
            if pinned is not None:
                await self._open_text()
            raise
        return derived[-1]

    def _after(self, decision: LanguageDecision, pinned: Versions | None) -> LanguageState:
        if language_decisions.replaces(self._state, decision) and workflow.patched(_REPLACES_NOBODY):
            raise conflict(
                "This language has a reviewer already: reassign it where it is to be somebody else."
            )
        same = language_decisions.keeps_person(self._state, decision)
        goes_on = same and workflow.patched(_SAME_PERSON)
        return language_decisions.after(self._state, decision, pinned, goes_on=goes_on)

    async def _follow_decision(self, decision: LanguageDecision, before: LanguageState) -> None:
        if before.stage is not self._state.stage:
            self._turn()
        if decision.action is LanguageAction.REOPEN:
            await self._open_text()

    async def _decide_as_before(self, decision: LanguageDecision) -> LanguageDecided:
        """For runs that began under an older build: memory first, then the row."""
        versions = await self._pin(decision) if decision.action is LanguageAction.APPROVE else None
        before, self._state = self._state, self._after(decision, versions)
        await self._follow_decision(decision, before)
        await self._projector.write(
            decision.action.value, decision.actor, decision=decision, before=before.qc_state
        )
        return self._answer()

    def _answer(self) -> LanguageDecided:
        return LanguageDecided(
            stage=self._state.stage,
            qc_state=self._state.qc_state,
            revision=self._state.revision,
            allowed_actions=tuple(allowed_language_actions(self._state.qc_state)),
        )

    async def _pin(self, decision: LanguageDecision) -> Versions:
        before = self._state
        with self._desk.check():
            versions = await pin_language(self._job, before, self._begun, decision)
        if self._state is not before:  # the job has stopped it, or begun it again
            await self._open_text()
            raise moved_on()
        return versions

    async def _open_text(self) -> None:
        await open_text(self._job, self._state.language)

    def _turn(self) -> None:
        """Stops the current work, so that the main loop continues from the state as it is now."""
        self._steps.failures.clear()
        self._work.redirect()

    def _with_failure(self, state: LanguageState) -> LanguageState:
        if failure := self._steps.failure:
            return state.model_copy(update={"stage": LanguageStage.FAILED, "failure": failure})
        return state
