"""One typed call a step: its name, queue, options and contract. A test holds it to what the workers register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError, RetryState

from schema.contracts import job as jobs
from schema.contracts import language as languages
from schema.contracts import steps
from schema.contracts.base import Contract
from schema.contracts.steps import JobRef
from workflows import options
from workflows.names import TRIED_BY_TIME, Activity, Queue

I = TypeVar("I", bound=Contract)  # noqa: E741
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class StepCall(Generic[I, R]):
    """Calling it runs the activity; `summary` is what staff read beside it in the Temporal UI."""

    activity: Activity
    queue: Queue
    preset: options.Preset
    takes: type[I]
    gives: type[R]
    summary: Callable[[I], str] | None = None

    async def __call__(self, inputs: I) -> R:
        """Rounds of attempts, for as long as the preset's patience.

        Raises:
            ActivityError: it cannot pass, or its time is over.
        """
        over: datetime | None = None
        while True:
            try:
                return await self._round(inputs)
            except ActivityError as error:
                if self.preset.patience is None or error.retry_state != RetryState.MAXIMUM_ATTEMPTS_REACHED:
                    raise
                if not workflow.patched(TRIED_BY_TIME):
                    raise
                over = over or workflow.now() + self.preset.patience
                if workflow.now() >= over:
                    raise
                await workflow.sleep(self.preset.rest, summary=f"{self.activity.value} is tried again")

    async def _round(self, inputs: I) -> R:
        job: JobRef | None = getattr(inputs, "job", None)
        result: Any = await workflow.execute_activity(
            self.activity.value,
            inputs,
            result_type=self.gives,
            task_queue=self.queue.value,
            start_to_close_timeout=self.preset.limit,
            heartbeat_timeout=self.preset.heartbeat,
            retry_policy=self.preset.retries,
            summary=self.summary(inputs) if self.summary else None,
            priority=priority_of(job) if job else Priority.default,
        )
        return result  # type: ignore[no-any-return]


def priority_of(job: JobRef) -> Priority:
    """People who wait come before bulk work, and organisations share fairly."""
    return Priority(priority_key=4 if job.bulk else 2, fairness_key=str(job.org_id))


def _duration(ms: int | None) -> str:
    return f"{(ms or 0) // 60000}:{(ms or 0) // 1000 % 60:02d}"


PROBE = StepCall(
    Activity.PROBE_SOURCE,
    Queue.PROBE,
    options.PROBE,
    steps.ProbeInput,
    steps.ProbeResult,
    lambda i: i.job.source_object,
)
FIND_SCENES = StepCall(
    Activity.FIND_SCENES,
    Queue.PROBE,
    options.PROBE,
    steps.ScenesInput,
    steps.ScenesResult,
    lambda i: f"{_duration(i.artifacts.duration_ms)} of picture",
)
TRANSCRIBE = StepCall(
    Activity.TRANSCRIBE_SPEECH,
    Queue.TRANSCRIBE,
    options.LISTEN_AND_WATCH,
    steps.TranscribeInput,
    steps.TranscribeResult,
    lambda i: f"{_duration(i.artifacts.duration_ms)} in {i.job.source_language}",
)
HEAR_DUB = StepCall(
    Activity.HEAR_DUB,
    Queue.TRANSCRIBE,
    options.LISTEN_AND_WATCH,
    steps.HearDubInput,
    steps.HearDubResult,
    lambda i: f"the dub in {i.language}",
)
DRAFT_CAPTIONS = StepCall(
    Activity.DRAFT_CAPTIONS,
    Queue.RECORDS,
    options.PUBLISH,
    steps.CaptionsInput,
    steps.CaptionsResult,
    lambda i: "cues of the words, within their shots",
)
WATCH = StepCall(
    Activity.WATCH_SCENES,
    Queue.DESCRIBE,
    options.LISTEN_AND_WATCH,
    steps.WatchInput,
    steps.WatchResult,
    lambda i: f"{_duration(i.artifacts.duration_ms)} of picture",
)
PLACE = StepCall(
    Activity.PLACE_DESCRIPTIONS,
    Queue.DESCRIBE,
    options.LISTEN_AND_WATCH,
    steps.PlaceInput,
    steps.PlaceResult,
    lambda i: "binds what was seen to the gaps between the words",
)
TRANSLATE = StepCall(
    Activity.TRANSLATE_TEXTS,
    Queue.TRANSLATE,
    options.TRANSLATE,
    steps.TranslateInput,
    steps.TranslateResult,
    lambda i: f"{i.job.source_language} to {i.language}",
)
PUBLISH = StepCall(
    Activity.PUBLISH_TEXTS,
    Queue.RECORDS,
    options.PUBLISH,
    steps.PublishInput,
    type(None),
    lambda i: f"the approved texts in {i.language}",
)
SYNTHESIZE = StepCall(
    Activity.SYNTHESIZE_DESCRIPTIONS,
    Queue.SYNTHESIZE,
    options.SYNTHESIZE,
    steps.SynthesizeInput,
    steps.SynthesizeResult,
    lambda i: f"AD version {i.versions.audio_description} in {i.language}",
)
MUX = StepCall(
    Activity.MUX_ACCESSIBLE_VIDEO,
    Queue.MUX,
    options.MUX,
    steps.MuxInput,
    steps.MuxResult,
    lambda i: f"renders {i.plan}",
)
PROJECT_JOB = StepCall(
    Activity.PROJECT_JOB,
    Queue.RECORDS,
    options.RECORD,
    jobs.JobSnapshot,
    type(None),
    lambda i: i.event or i.state.status.value,
)
PROJECT_LANGUAGE = StepCall(
    Activity.PROJECT_LANGUAGE,
    Queue.RECORDS,
    options.RECORD,
    languages.LanguageSnapshot,
    type(None),
    lambda i: f"{i.state.language}: {i.event or i.state.stage.value}",
)
PIN = StepCall(
    Activity.PIN_TEXTS,
    Queue.RECORDS,
    options.RECORD,
    steps.PinInput,
    steps.PinResult,
    lambda i: f"{i.actor.name} approves {i.language}",
)
CHECK_PERSON = StepCall(
    Activity.CHECK_PERSON,
    Queue.RECORDS,
    options.RECORD,
    steps.PersonInput,
    steps.PersonResult,
    lambda i: "may they be assigned?",
)
UNLOCK = StepCall(
    Activity.UNLOCK_TEXTS,
    Queue.RECORDS,
    options.RECORD,
    steps.UnlockInput,
    type(None),
    lambda i: f"opens {i.language} for editing",
)
ENSURE_TEXT = StepCall(
    Activity.ENSURE_SOURCE_TEXT, Queue.RECORDS, options.RECORD, steps.EnsureTextInput, steps.EnsureTextResult
)
VERIFY = StepCall(Activity.VERIFY_ASSETS, Queue.RECORDS, options.CHECK, steps.VerifyInput, steps.VerifyResult)

ALL: tuple[StepCall[Any, Any], ...] = (
    PROBE,
    FIND_SCENES,
    TRANSCRIBE,
    DRAFT_CAPTIONS,
    HEAR_DUB,
    WATCH,
    PLACE,
    TRANSLATE,
    PUBLISH,
    SYNTHESIZE,
    MUX,
    PROJECT_JOB,
    PROJECT_LANGUAGE,
    CHECK_PERSON,
    PIN,
    UNLOCK,
    ENSURE_TEXT,
    VERIFY,
)
