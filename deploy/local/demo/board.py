"""The display while a job runs: a line for the source's drafts, and one per language. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from api.bodies.job_languages import LanguageOut
from api.bodies.jobs import JobOut
from api.bodies.live import Changed
from schema.enums import JobStatus, LanguageStage, QCState, Step
from schema.transitions import DRAFTING

DRAFTS = "drafts"
"""The label of the first line."""


class Mood(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    PERSON = "person"
    """A person has to act."""
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Line:
    """`fraction` is the progress of the current step; None if it is unknown."""

    label: str
    mood: Mood
    doing: str
    fraction: float | None = None


_DRAFT_STEPS = {
    JobStatus.CREATED: (Step.PROBE,),
    JobStatus.PROBING: (Step.PROBE,),
    JobStatus.TRANSCRIBING: (Step.TRANSCRIBE, Step.DESCRIBE),
    JobStatus.DESCRIBING: (Step.DESCRIBE,),
}
_STAGE_STEP = {
    LanguageStage.TRANSLATING: Step.TRANSLATE,
    LanguageStage.SYNTHESIZING: Step.SYNTHESIZE,
    LanguageStage.MUXING: Step.MUX,
}
_QC_WORDS = {
    QCState.PENDING: "waits for its translation",
    QCState.UNASSIGNED: "waits for a linguist and a reviewer",
    QCState.ASSIGNED: "the linguist may start",
    QCState.IN_PROGRESS: "the linguist is at work",
    QCState.SUBMITTED: "the reviewer may open it",
    QCState.IN_REVIEW: "the reviewer is at work",
    QCState.APPROVED: "approved",
    QCState.REJECTED: "rejected: the linguist may reopen it",
}


class Board:
    """Fed with the job as it is, and with the progress that the socket tells between."""

    def __init__(self, source: str, targets: Iterable[str]) -> None:
        self._source = source
        self._languages = (source, *targets)
        self._job: JobOut | None = None
        self._heard: dict[tuple[str | None, Step], tuple[float, str]] = {}

    def see(self, job: JobOut) -> None:
        """Takes the job as returned by `GET /jobs/{id}`."""
        self._job = job

    def hear(self, change: Changed) -> None:
        """Takes progress events. Other changes are read from the job."""
        if change.event != "progress":
            return
        told = (float(change.data["fraction"]), str(change.data.get("words") or ""))
        self._heard[change.language, Step(change.data["step"])] = told

    @property
    def lines(self) -> list[Line]:
        return [self._drafts(), *(self._language(code) for code in self._languages)]

    def _drafts(self) -> Line:
        job = self._job
        if job is None:
            return Line(DRAFTS, Mood.WAITING, "waits for the upload")
        if job.failure and job.failure.language is None and job.status is JobStatus.FAILED:
            return Line(DRAFTS, Mood.FAILED, f"{job.failure.step} failed: {job.failure.reason}")
        if job.status in DRAFTING:
            return self._running(DRAFTS, None, _DRAFT_STEPS[job.status])
        if job.status is JobStatus.PENDING_QC:
            return Line(DRAFTS, Mood.PERSON, "source QC: the reviewer reads both texts")
        if job.status in (JobStatus.REJECTED, JobStatus.BLOCKED_ON_SOURCE, JobStatus.CANCELLED):
            return Line(DRAFTS, Mood.FAILED, f"{job.status}: {job.reason or 'no reason was given'}")
        return Line(DRAFTS, Mood.DONE, "probed, transcribed, described and approved")

    def _language(self, code: str) -> Line:
        found = self._job.languages.get(code) if self._job else None
        if found is None or found.stage is LanguageStage.WAITING:
            return Line(code, Mood.WAITING, "begins when the source is approved")
        if found.stage is LanguageStage.FAILED:
            said = (
                f"{found.failure.step} failed: {found.failure.reason}" if found.failure else "a step failed"
            )
            return Line(code, Mood.FAILED, said)
        if found.stage is LanguageStage.LANGUAGE_QC:
            return Line(code, Mood.PERSON, f"language QC: {_QC_WORDS[found.qc_state or QCState.PENDING]}")
        if step := _STAGE_STEP.get(found.stage):
            return self._running(code, code, (step,))
        return Line(code, Mood.DONE, _finished(found))

    def _running(self, label: str, language: str | None, steps: tuple[Step, ...]) -> Line:
        heard = [(step, *self._heard[language, step]) for step in steps if (language, step) in self._heard]
        if not heard:
            return Line(label, Mood.RUNNING, " and ".join(steps))
        doing = " · ".join(
            f"{step} {fraction:.0%}" + (f" ({words})" if words else "") for step, fraction, words in heard
        )
        return Line(label, Mood.RUNNING, doing, sum(each[1] for each in heard) / len(heard))


def _finished(language: LanguageOut) -> str:
    if language.stage is LanguageStage.REMOVED:
        return "is not requested any more"
    return f"ready: {len(language.outputs)} outputs"
