"""How long each step took and each person was waited for, computed from the socket's events. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from api.bodies.live import Changed
from schema.enums import JobStatus, LanguageStage, Step

_DRAFT_STATUS = {
    JobStatus.PROBING: Step.PROBE,
    JobStatus.TRANSCRIBING: Step.TRANSCRIBE,
    JobStatus.DESCRIBING: Step.DESCRIBE,
}
_GATES = {JobStatus.PENDING_QC: "source QC", JobStatus.PENDING_FINAL_REVIEW: "final review"}
_STAGES = {
    LanguageStage.TRANSLATING: "translate",
    LanguageStage.LANGUAGE_QC: "language QC",
    LanguageStage.SYNTHESIZING: "synthesize",
    LanguageStage.MUXING: "mux",
}
_PEOPLE = {*_GATES.values(), "language QC"}


@dataclass(frozen=True, slots=True)
class Span:
    """`language` is None for work on the source."""

    language: str | None
    name: str
    seconds: float

    @property
    def by_person(self) -> bool:
        return self.name in _PEOPLE


@dataclass(slots=True)
class _Open:
    name: str
    began: datetime


@dataclass(frozen=True, slots=True)
class _Watch:
    """Describe runs while the status is still that of transcribe."""

    began: datetime
    until: datetime


class Timeline:
    """Fed with every change of one job, in order. A step that ran twice counts both times. A step that ended before it
    was reported is missing."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str | None, str], float] = {}
        self._now: dict[str | None, _Open] = {}
        self._watch: _Watch | None = None

    def hear(self, change: Changed) -> None:
        if change.event == "progress":
            self._hear_progress(change)
        elif change.language is None:
            self._hear_job(change)
        elif "stage" in change.data:
            name = _STAGES.get(LanguageStage(change.data["stage"]))
            self._enter(change.language, name, change.at)

    @property
    def spans(self) -> list[Span]:
        """The spans in the order of the pipeline, the source's first."""
        order = [*(step.value for step in Step), "source QC", "language QC", "final review"]
        order.insert(3, order.pop(order.index("source QC")))
        order.insert(5, order.pop(order.index("language QC")))
        found = [Span(language, name, seconds) for (language, name), seconds in self._seconds.items()]
        return sorted(
            found,
            key=lambda span: (
                span.name == "final review",
                span.language is not None,
                span.language or "",
                order.index(span.name),
            ),
        )

    def _hear_job(self, change: Changed) -> None:
        status = JobStatus(change.data.get("status", change.status))
        if status in _DRAFT_STATUS:
            self._enter(None, _DRAFT_STATUS[status].value, change.at)
            return
        self._enter(None, _GATES.get(status), change.at)
        if self._watch is not None:
            self._add(None, Step.DESCRIBE.value, (self._watch.until - self._watch.began).total_seconds())
            self._watch = None

    def _hear_progress(self, change: Changed) -> None:
        """Describe starts in parallel with transcribe, which only its progress reveals. When it runs alone, it has a
        status."""
        now = self._now.get(None)
        if now is None or change.data["step"] != Step.DESCRIBE.value:
            return
        if now.name == Step.TRANSCRIBE.value:
            began = self._watch.began if self._watch else now.began  # they were started together
            self._watch = _Watch(began, change.at)
        elif self._watch is not None:  # it watched for longer than transcribe took
            self._watch = _Watch(self._watch.began, now.began)

    def _enter(self, language: str | None, name: str | None, at: datetime) -> None:
        """Ends the current span of `language`, unless it is the same."""
        before = self._now.get(language)
        if before is not None and before.name == name:
            return
        if before is not None:
            self._add(language, before.name, (at - before.began).total_seconds())
            del self._now[language]
        if name is not None:
            self._now[language] = _Open(name, at)

    def _add(self, language: str | None, name: str, seconds: float) -> None:
        self._seconds[language, name] = self._seconds.get((language, name), 0.0) + seconds


def machine_seconds(spans: Iterable[Span]) -> float:
    """The sum of running time over languages and steps, without the waiting for people."""
    return sum(span.seconds for span in spans if not span.by_person)
