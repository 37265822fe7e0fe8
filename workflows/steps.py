"""One typed call per activity of a job: its name, queue, options and contract. A test compares these, and those of
`workflows.other_steps`, with what the workers register."""

from __future__ import annotations

from typing import Any

from schema.contracts import job as jobs
from schema.contracts import language as languages
from schema.contracts import records, steps
from workflows import options, words
from workflows.calls import StepCall
from workflows.names import Activity, Queue


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
FLAG_CUES = StepCall(
    Activity.FLAG_CUES,
    Queue.RECORDS,
    options.PUBLISH,
    steps.FlagCuesInput,
    steps.FlagCuesResult,
    lambda i: "Compares the texts with the new video",
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
    Queue.JOBS,
    options.RECORD,
    jobs.JobSnapshot,
    type(None),
    lambda i: (
        f"Records: {words.event_in_words(i.event) if i.event else words.STATUS[i.state.status].lower()}"
    ),
    queue_before=Queue.RECORDS,
)
PROJECT_LANGUAGE = StepCall(
    Activity.PROJECT_LANGUAGE,
    Queue.JOBS,
    options.RECORD,
    languages.LanguageSnapshot,
    type(None),
    lambda i: (
        f"Records: {i.state.language} {words.event_in_words(i.event) if i.event else words.STAGE[i.state.stage]}"
    ),
    queue_before=Queue.RECORDS,
)
PIN = StepCall(
    Activity.PIN_TEXTS,
    Queue.JOBS,
    options.RECORD,
    records.PinInput,
    records.PinResult,
    lambda i: f"Locks the texts that {i.actor.name} approves, {i.language}",
    queue_before=Queue.RECORDS,
)
CHECK_PERSON = StepCall(
    Activity.CHECK_PERSON,
    Queue.JOBS,
    options.RECORD,
    records.PersonInput,
    records.PersonResult,
    lambda i: "Checks that they can do this work",
)
UNLOCK = StepCall(
    Activity.UNLOCK_TEXTS,
    Queue.JOBS,
    options.RECORD,
    records.UnlockInput,
    type(None),
    lambda i: f"Opens the texts for editing, {i.language}",
    queue_before=Queue.RECORDS,
)
ENSURE_TEXT = StepCall(
    Activity.ENSURE_SOURCE_TEXT,
    Queue.JOBS,
    options.RECORD,
    records.EnsureTextInput,
    records.EnsureTextResult,
    lambda i: "Sees to it that there is a text to check",
    queue_before=Queue.RECORDS,
)
VERIFY = StepCall(
    Activity.VERIFY_ASSETS,
    Queue.RECORDS,
    options.CHECK,
    records.VerifyInput,
    records.VerifyResult,
    lambda i: "Checks that every output is there",
)

REQUEST_CANCEL = StepCall(
    Activity.REQUEST_CANCEL,
    Queue.JOBS,
    options.RECORD,
    records.CancelInput,
    type(None),
    lambda i: "Ends the run as cancelled",
)

ALL: tuple[StepCall[Any, Any], ...] = (
    PROBE,
    FIND_SCENES,
    TRANSCRIBE,
    DRAFT_CAPTIONS,
    FLAG_CUES,
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
    REQUEST_CANCEL,
)
