"""Writes a workflow's state to its row, in order, and shows it in the Temporal UI."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from schema.contracts.job import JobSnapshot, JobState
from schema.contracts.language import LanguageSnapshot, LanguageState
from schema.contracts.people import Actor
from schema.contracts.steps import Failure, JobRef
from schema.enums import JobStatus, LanguageStage
from schema.transitions import allowed_job_actions, allowed_language_actions
from workflows import names, steps

S = TypeVar("S", JobState, LanguageState)

_JOB_NEEDS_HUMAN = (
    JobStatus.PENDING_QC,
    JobStatus.PENDING_FINAL_REVIEW,
    JobStatus.FAILED,
    JobStatus.BLOCKED_ON_SOURCE,
    JobStatus.REJECTED,
)
_LANGUAGE_NEEDS_HUMAN = (LanguageStage.LANGUAGE_QC, LanguageStage.FAILED)


class Projector(ABC, Generic[S]):
    """One a workflow. `current` is asked for the state whenever it is written."""

    def __init__(self, job: JobRef, current: Callable[[], S]) -> None:
        self._job = job
        self._current: Callable[[], S] = current
        self._sequence = 0

    async def write(self, event: str | None = None, actor: Actor | None = None) -> None:
        """A full snapshot. `event` is what happened, for the event log and the socket."""
        self._sequence += 1
        state = self._current()
        workflow.set_current_details(self._details(state))
        workflow.upsert_search_attributes(self._attributes(state))
        await self._send(
            state,
            {
                "job": self._job,
                "sequence": self._sequence,
                "run_id": workflow.info().run_id,
                "event": event,
                "actor": actor,
            },
        )

    def show_refusal(self, action: str, reason: str) -> None:
        """A signal has no answer, so staff read here why theirs did nothing."""
        workflow.set_current_details(f"{self._details(self._current())}\n\nRefused {action}: {reason}")

    @abstractmethod
    async def _send(self, state: S, about: dict[str, Any]) -> None: ...

    @abstractmethod
    def _details(self, state: S) -> str: ...

    @abstractmethod
    def _attributes(self, state: S) -> Sequence[SearchAttributeUpdate[Any]]: ...


class JobProjector(Projector[JobState]):
    async def _send(self, state: JobState, about: dict[str, Any]) -> None:
        await steps.PROJECT_JOB(JobSnapshot(state=state, **about))

    def _details(self, state: JobState) -> str:
        languages = [
            f"- {code}: {each.stage.value}, QC {each.qc_state.value}"
            for code, each in state.languages.items()
        ]
        allowed = ", ".join(action.value for action in allowed_job_actions(state.status))
        return "\n\n".join(
            [
                f"**{state.status.value}**" + (f", step {state.step.value}" if state.step else ""),
                *_why(state.failure, state.reason),
                *languages,
                f"Allowed now: {allowed}",
            ]
        )

    def _attributes(self, state: JobState) -> Sequence[SearchAttributeUpdate[Any]]:
        return [
            names.JOB_STATUS.value_set(state.status.value),
            names.JOB_STEP.value_set(state.step.value) if state.step else names.JOB_STEP.value_unset(),
            names.NEEDS_HUMAN.value_set(state.status in _JOB_NEEDS_HUMAN),
        ]


class LanguageProjector(Projector[LanguageState]):
    async def _send(self, state: LanguageState, about: dict[str, Any]) -> None:
        await steps.PROJECT_LANGUAGE(LanguageSnapshot(state=state, **about))

    def _details(self, state: LanguageState) -> str:
        lines = [
            f"**{state.language}**: {state.stage.value}, language QC {state.qc_state.value}",
            *_why(state.failure, state.reason),
        ]
        if not state.is_source:
            allowed = ", ".join(action.value for action in allowed_language_actions(state.qc_state))
            lines.append(f"Allowed now: {allowed}")
        return "\n\n".join(lines)

    def _attributes(self, state: LanguageState) -> Sequence[SearchAttributeUpdate[Any]]:
        return [
            names.JOB_STATUS.value_set(state.stage.value),
            names.NEEDS_HUMAN.value_set(state.stage in _LANGUAGE_NEEDS_HUMAN),
        ]


def _why(failure: Failure | None, reason: str | None) -> list[str]:
    lines = []
    if failure:
        lines.append(f"{failure.step.value} failed: {failure.reason} Signal `retry` runs it again.")
    if reason:
        lines.append(f"Reason: {reason}")
    return lines
