"""Writes a workflow's state to its row, in order, and shows it in the Temporal UI."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import ActivityError, ApplicationError

from schema.contracts.job import JobSnapshot, JobState
from schema.contracts.language import LanguageReport, LanguageSnapshot, LanguageState
from schema.contracts.people import Actor
from schema.contracts.steps import Failure, JobRef
from schema.enums import JobStatus, LanguageStage
from workflows import allowed, names, shown, steps, words

S = TypeVar("S", JobState, LanguageState)

_JOB_NEEDS_HUMAN = (
    JobStatus.PENDING_QC,
    JobStatus.PENDING_FINAL_REVIEW,
    JobStatus.FAILED,
    JobStatus.BLOCKED_ON_SOURCE,
    JobStatus.REJECTED,
)
_LONGEST_NOTE = 1000
_LANGUAGE_NEEDS_HUMAN = (LanguageStage.LANGUAGE_QC, LanguageStage.FAILED)


class Projector(ABC, Generic[S]):
    """One per workflow. It writes one snapshot at a time: two at once could arrive in the wrong order, and the event of
    one would be missing from the log. `current` is called for the state when the snapshot's turn comes."""

    def __init__(self, job: Callable[[], JobRef], current: Callable[[], S]) -> None:
        self._ref = job
        self._current: Callable[[], S] = current
        self._sequence = 0
        self._turn = asyncio.Lock()
        self._written: S | None = None
        self._shown: Sequence[SearchAttributeUpdate[Any]] = ()
        self._following: dict[str | None, asyncio.Task[None]] = {}
        self._noted = ""

    @property
    def _job(self) -> JobRef:
        return self._ref()

    async def write(self, event: str | None = None, actor: Actor | None = None, **decided: Any) -> None:
        """Writes a full snapshot. `event` is what happened, for the event log and the socket. `decided` is the
        `decision` and the state `before` it, for the audit log."""
        async with self._turn:
            await self._write(self._current(), event, actor, **decided)

    async def tell(self, event: str) -> None:
        """Like `write`, for changes that stand even if they cannot be written."""
        try:
            await self.write(event)
        except ActivityError as error:
            self._is_behind(error)

    async def decide(self, after: Callable[[], S], event: str, actor: Actor, **decided: Any) -> None:
        """Writes what follows from a decision before the workflow acts on it, so that a decision that cannot be kept
        changes nothing. `after` derives the new state from the current one, or raises if the current one refuses the
        decision. It is called again if the state changed while the row was written. When this returns, the last derived
        state is in the row, and nothing has changed since. `decided` goes into the snapshot with it.

        Raises:
            ApplicationError: raised by `after`; the row shows the workflow's state.
            ActivityError: the row could not be written.
        """
        async with self._turn:
            derived_from: S | None = None
            while derived_from != self._current():
                is_told, derived_from = derived_from is not None, self._current()
                try:
                    state = after()
                except ApplicationError:
                    if is_told:
                        await self._write(self._current())
                    raise
                if is_told:
                    await self._write(state)
                else:
                    await self._write(state, event, actor, **decided)

    def follow(self, event: str | None = None) -> None:
        """Writes a change to the row without waiting. Work continues meanwhile, and changes up to the snapshot are in
        the same one."""
        if event not in self._following:
            self._following[event] = asyncio.create_task(self._follow(event))

    def has_followed(self) -> bool:
        """Whether the row is up to date. A run that ended earlier would lose its pending snapshot."""
        return not self._following and not self._turn.locked()

    async def _follow(self, event: str | None) -> None:
        try:
            await self._write_next(event)
        except ActivityError as error:
            self._is_behind(error)

    def _is_behind(self, error: ActivityError) -> None:
        workflow.logger.error("the row does not follow: %s", error.cause)
        self.note("The record of this could not be written: see the log of the records' worker.")

    async def _write_next(self, event: str | None) -> None:
        async with self._turn:
            del self._following[event]
            if event is not None or self._current() != self._written:
                await self._write(self._current(), event)

    async def _write(
        self, state: S, event: str | None = None, actor: Actor | None = None, **decided: Any
    ) -> None:
        self._sequence += 1
        if actor is not None:  # somebody has decided since
            self._noted = ""
        self._written = state
        self._show(state)
        if (attributes := self._attributes(state)) != self._shown:
            workflow.upsert_search_attributes(attributes)
            self._shown = attributes
        about = {"job": self._job, "sequence": self._sequence, "run_id": workflow.info().run_id}
        try:
            await self._send(state, {**about, "event": event, "actor": actor, **decided})
        except asyncio.CancelledError:
            self._written = None
            raise
        except ActivityError:
            self._written = None  # the row may or may not have been written: write the current state again
            self._show(self._current())
            raise

    def note(self, words: str) -> None:
        """Shows a notice until the next decision. A signal has no answer, so staff read here why theirs did nothing."""
        self._noted = words[:_LONGEST_NOTE]
        self.show()

    def show(self) -> None:
        """Shows details that are not in the row, such as where each language is."""
        self._show(self._current())

    def _show(self, state: S) -> None:
        workflow.set_current_details("\n\n".join(filter(None, (self._details(state), self._noted))))

    def needs_nobody(self) -> None:
        """Clears the attribute at the end of the run: the list of work that needs a person shows running workflows
        only."""
        if names.NEEDS_HUMAN.value_set(True) in self._shown and workflow.patched("needs-nobody-at-its-end"):
            workflow.upsert_search_attributes([names.NEEDS_HUMAN.value_set(False)])

    @abstractmethod
    async def _send(self, state: S, about: dict[str, Any]) -> None: ...

    @abstractmethod
    def _details(self, state: S) -> str: ...

    @abstractmethod
    def _attributes(self, state: S) -> Sequence[SearchAttributeUpdate[Any]]: ...


class JobProjector(Projector[JobState]):
    async def _send(self, state: JobState, about: dict[str, Any]) -> None:
        await steps.PROJECT_JOB(JobSnapshot(state=state, **{**about, "job": state.ref(self._job)}))

    def _details(self, state: JobState) -> str:
        step = (
            f": {words.STEP[state.step].lower()}" if state.step and state.status is JobStatus.FAILED else ""
        )
        actions = [(action, words.ACTION[action]) for action in allowed.job_actions(state, self._job)]
        return shown.details(
            "\n\n".join(
                [
                    f"**{words.STATUS[state.status]}{step}**",
                    *_why(state.failure, state.reason),
                    "\n".join(f"- {_language(each)}" for each in state.languages.values()),
                    _allowed_now(actions),
                ]
            ),
        )

    def _attributes(self, state: JobState) -> Sequence[SearchAttributeUpdate[Any]]:
        return [
            names.JOB_STATUS.value_set(state.status.value),
            names.JOB_STEP.value_set(state.step.value) if state.step else names.JOB_STEP.value_unset(),
            names.NEEDS_HUMAN.value_set(state.status in _JOB_NEEDS_HUMAN),
            *_of_batch(state),
        ]


class LanguageProjector(Projector[LanguageState]):
    """Also reports each snapshot to the language's job."""

    async def _send(self, state: LanguageState, about: dict[str, Any]) -> None:
        await asyncio.gather(
            steps.PROJECT_LANGUAGE(LanguageSnapshot(state=state, **about)), self._report(state)
        )

    async def report(self) -> None:
        """Reports the language's state to the job, and to nobody else."""
        async with self._turn:
            await self._report(self._current())

    async def _report(self, state: LanguageState) -> None:
        """Reports to the job. A job that is gone needs no report: a later run begins from the rows."""
        job = workflow.get_external_workflow_handle(names.job_workflow_id(self._job.job_id))
        try:
            await job.signal(names.REPORT, LanguageReport(state=state))
        except ApplicationError as gone:
            workflow.logger.info("the job of this language takes no report: %s", gone.message)

    def _details(self, state: LanguageState) -> str:
        lines = [f"**{_language(state)}**", *_why(state.failure, state.reason)]
        if not state.is_source:
            actions = [(action, words.LANGUAGE_ACTION[action]) for action in allowed.language_actions(state)]
            lines.append(_allowed_now(actions))
        return shown.details("\n\n".join(lines))

    def _attributes(self, state: LanguageState) -> Sequence[SearchAttributeUpdate[Any]]:
        return [
            names.JOB_STATUS.value_set(words.STATUS_OF_STAGE[state.stage].value),
            names.NEEDS_HUMAN.value_set(state.stage in _LANGUAGE_NEEDS_HUMAN),
        ]


def _of_batch(state: JobState) -> Sequence[SearchAttributeUpdate[Any]]:
    """The batch that decided last. Nothing for a job that was never in one."""
    if state.batch_id is not None:
        return [names.BATCH_ID.value_set(str(state.batch_id))]
    was = workflow.info().typed_search_attributes.get(names.BATCH_ID)
    return [] if was is None else [names.BATCH_ID.value_unset()]


def _language(state: LanguageState) -> str:
    if state.is_source:
        return f"{state.language} (the source) {words.STAGE[state.stage]}"
    return f"{state.language} {words.STAGE[state.stage]} ({words.QC[state.qc_state]})"


def _allowed_now(actions: Sequence[tuple[str, str]]) -> str:
    """The allowed actions for a person to read, each with the name to send."""
    return "Allowed now: " + (", ".join(f"{said} (`{action}`)" for action, said in actions) or "nothing")


def _why(failure: Failure | None, reason: str | None) -> list[str]:
    lines = []
    if failure:
        failed = f"{words.STEP[failure.step]} failed" + (
            f" in {failure.language}" if failure.language else ""
        )
        lines.append(f"{failed}: {failure.reason} Signal `retry` runs it again.")
    if reason:
        lines.append(f"Reason: {reason}")
    return lines
