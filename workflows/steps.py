"""One typed call a step: its name, queue, options and contract. A test holds it to what the workers register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.common import Priority, RawValue
from temporalio.exceptions import ActivityError, ApplicationError, RetryState

from schema.contracts import job as jobs
from schema.contracts import language as languages
from schema.contracts import steps
from schema.contracts.base import Contract
from schema.contracts.steps import JobRef
from workflows import options, shown, words
from workflows.names import Activity, Queue

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
    summary: Callable[[I], str]

    async def __call__(self, inputs: I) -> R:
        job: JobRef | None = getattr(inputs, "job", None)
        result: RawValue = await workflow.execute_activity(
            self.activity.value,
            inputs,
            result_type=RawValue,
            task_queue=self.queue.value,
            start_to_close_timeout=self.preset.limit,
            heartbeat_timeout=self.preset.heartbeat,
            retry_policy=self.preset.retries,
            summary=shown.summary(self.summary(inputs)),
            priority=priority_of(job) if job else Priority.default,
        )
        return self._read(result)

    def _read(self, result: RawValue) -> R:
        """Read here, and not by the SDK: staff can complete an activity by hand, and a result that is none would fail
        the workflow's task for ever. So it is the activity that failed."""
        if self.gives is type(None):
            return None
        try:
            read: R = workflow.payload_converter().from_payload(result.payload, self.gives)
        except Exception:
            raise ActivityError(
                "It has a result that is none.",
                scheduled_event_id=0,
                started_event_id=0,
                identity="",
                activity_type=self.activity.value,
                activity_id="",
                retry_state=RetryState.NON_RETRYABLE_FAILURE,
            ) from ApplicationError(_NO_RESULT, type="result", non_retryable=True)
        return read


_NO_RESULT = "It was completed by hand with a result that it cannot have given."


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
    lambda i: "Examines the source",
)
FIND_SCENES = StepCall(
    Activity.FIND_SCENES,
    Queue.PROBE,
    options.PROBE,
    steps.ScenesInput,
    steps.ScenesResult,
    lambda i: f"Finds the shots in {_duration(i.artifacts.duration_ms)} of picture",
)
TRANSCRIBE = StepCall(
    Activity.TRANSCRIBE_SPEECH,
    Queue.TRANSCRIBE,
    options.LISTEN_AND_WATCH,
    steps.TranscribeInput,
    steps.TranscribeResult,
    lambda i: f"Listens to {_duration(i.artifacts.duration_ms)} of speech, {i.job.source_language}",
)
HEAR_DUB = StepCall(
    Activity.HEAR_DUB,
    Queue.TRANSCRIBE,
    options.LISTEN_AND_WATCH,
    steps.HearDubInput,
    steps.HearDubResult,
    lambda i: f"Listens to the dub, {i.language}",
)
DRAFT_CAPTIONS = StepCall(
    Activity.DRAFT_CAPTIONS,
    Queue.RECORDS,
    options.PUBLISH,
    steps.CaptionsInput,
    steps.CaptionsResult,
    lambda i: "Drafts the captions",
)
WATCH = StepCall(
    Activity.WATCH_SCENES,
    Queue.DESCRIBE,
    options.LISTEN_AND_WATCH,
    steps.WatchInput,
    steps.WatchResult,
    lambda i: f"Watches {_duration(i.artifacts.duration_ms)} of picture",
)
PLACE = StepCall(
    Activity.PLACE_DESCRIPTIONS,
    Queue.DESCRIBE,
    options.LISTEN_AND_WATCH,
    steps.PlaceInput,
    steps.PlaceResult,
    lambda i: "Places the descriptions between the words",
)
TRANSLATE = StepCall(
    Activity.TRANSLATE_TEXTS,
    Queue.TRANSLATE,
    options.TRANSLATE,
    steps.TranslateInput,
    steps.TranslateResult,
    lambda i: f"Translates {i.job.source_language} to {i.language}",
)
PUBLISH = StepCall(
    Activity.PUBLISH_TEXTS,
    Queue.RECORDS,
    options.PUBLISH,
    steps.PublishInput,
    type(None),
    lambda i: f"Publishes the approved texts, {i.language}",
)
SYNTHESIZE = StepCall(
    Activity.SYNTHESIZE_DESCRIPTIONS,
    Queue.SYNTHESIZE,
    options.SYNTHESIZE,
    steps.SynthesizeInput,
    steps.SynthesizeResult,
    lambda i: f"Speaks version {i.versions.audio_description} of the audio description, {i.language}",
)
MUX = StepCall(
    Activity.MUX_ACCESSIBLE_VIDEO,
    Queue.MUX,
    options.MUX,
    steps.MuxInput,
    steps.MuxResult,
    lambda i: f"Renders the accessible video, {i.language}",
)
PROJECT_JOB = StepCall(
    Activity.PROJECT_JOB,
    Queue.RECORDS,
    options.RECORD,
    jobs.JobSnapshot,
    type(None),
    lambda i: (
        f"Records: {words.event_in_words(i.event) if i.event else words.STATUS[i.state.status].lower()}"
    ),
)
PROJECT_LANGUAGE = StepCall(
    Activity.PROJECT_LANGUAGE,
    Queue.RECORDS,
    options.RECORD,
    languages.LanguageSnapshot,
    type(None),
    lambda i: (
        f"Records: {i.state.language} {words.event_in_words(i.event) if i.event else words.STAGE[i.state.stage]}"
    ),
)
PIN = StepCall(
    Activity.PIN_TEXTS,
    Queue.RECORDS,
    options.RECORD,
    steps.PinInput,
    steps.PinResult,
    lambda i: f"Locks the texts that {i.actor.name} approves, {i.language}",
)
UNLOCK = StepCall(
    Activity.UNLOCK_TEXTS,
    Queue.RECORDS,
    options.RECORD,
    steps.UnlockInput,
    type(None),
    lambda i: f"Opens the texts for editing, {i.language}",
)
ENSURE_TEXT = StepCall(
    Activity.ENSURE_SOURCE_TEXT,
    Queue.RECORDS,
    options.RECORD,
    steps.EnsureTextInput,
    steps.EnsureTextResult,
    lambda i: "Sees to it that there is a text to check",
)
VERIFY = StepCall(
    Activity.VERIFY_ASSETS,
    Queue.RECORDS,
    options.PUBLISH,
    steps.VerifyInput,
    steps.VerifyResult,
    lambda i: "Checks that every output is there",
)

REQUEST_CANCEL = StepCall(
    Activity.REQUEST_CANCEL,
    Queue.RECORDS,
    options.RECORD,
    steps.CancelInput,
    type(None),
    lambda i: "Ends the run as cancelled",
)

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
    PIN,
    UNLOCK,
    ENSURE_TEXT,
    VERIFY,
    REQUEST_CANCEL,
)
