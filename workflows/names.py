"""Every name that crosses a process: workflow types and ids, task queues, activities, messages, search attributes.

They are all that the API and the workers share with the workflows.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from temporalio.common import SearchAttributeKey

from schema.enums import Step, Sweep


class Queue(StrEnum):
    """A task queue, and the worker pool that serves it: one per step, and some for the platform's own work."""

    JOBS = "jobs"
    """Workflow tasks, and the database activities of those workflows, so that these start at once."""
    RECORDS = "records"
    """Captions, light work on the bucket, mail and webhooks."""
    SWEEPS = "sweeps"
    """Scheduled work."""
    EMBED = "embed"
    """Embeddings of terms. A separate queue has the provider's own quota, and does not delay translations."""
    BATCHES = "batches"
    """Batches, and the decisions that they send. Separate from `jobs`: a decision waits for activities of the job's
    workflow on that queue, and a batch would take every slot and deadlock."""
    DOWNLOADS = "downloads"
    """Packing of downloads: hours of input and output, with hardly any CPU use."""
    PROBE = Step.PROBE.value
    TRANSCRIBE = Step.TRANSCRIBE.value
    DESCRIBE = Step.DESCRIBE.value
    TRANSLATE = Step.TRANSLATE.value
    SYNTHESIZE = Step.SYNTHESIZE.value
    MUX = Step.MUX.value


class Activity(StrEnum):
    PROBE_SOURCE = "probe_source"
    FIND_SCENES = "find_scenes"
    TRANSCRIBE_SPEECH = "transcribe_speech"
    DRAFT_CAPTIONS = "draft_captions"
    FLAG_CUES = "flag_cues"
    HEAR_DUB = "hear_dub"
    WATCH_SCENES = "watch_scenes"
    PLACE_DESCRIPTIONS = "place_descriptions"
    TRANSLATE_TEXTS = "translate_texts"
    SYNTHESIZE_DESCRIPTIONS = "synthesize_descriptions"
    MUX_ACCESSIBLE_VIDEO = "mux_accessible_video"
    PROJECT_JOB = "project_job"
    PROJECT_LANGUAGE = "project_language"
    CHECK_PERSON = "check_person"
    PIN_TEXTS = "pin_texts"
    UNLOCK_TEXTS = "unlock_texts"
    ENSURE_SOURCE_TEXT = "ensure_source_text"
    PUBLISH_TEXTS = "publish_texts"
    VERIFY_ASSETS = "verify_assets"
    REQUEST_CANCEL = "request_cancel"
    START_ORPHANS = Sweep.START_ORPHANS.value
    REPAIR_ROWS = Sweep.REPAIR_ROWS.value
    EXPIRE_RECORDS = Sweep.EXPIRE_RECORDS.value
    SEND_DIGESTS = Sweep.SEND_DIGESTS.value
    PURGE_JOBS = Sweep.PURGE_JOBS.value
    UNASSIGN_GONE = Sweep.UNASSIGN_GONE.value
    COMPLETE_BY_POLICY = Sweep.COMPLETE_BY_POLICY.value
    SEND_MAIL = "send_mail"
    SPEAK_PREVIEW = "speak_preview"
    EMBED_TERMS = "embed_terms"
    END_EMBEDDING = "end_embedding"
    OPEN_BATCH = "open_batch"
    CHOOSE_JOBS = "choose_jobs"
    DECIDE_ITEMS = "decide_items"
    RECORD_BATCH = "record_batch"
    PACK_DOWNLOAD = "pack_download"
    TAKE_WEBHOOK_EVENTS = "take_webhook_events"
    DELIVER_WEBHOOK = "deliver_webhook"


JOB_WORKFLOW = "JobWorkflow"
LANGUAGE_WORKFLOW = "LanguageWorkflow"
SWEEP_WORKFLOW = "SweepWorkflow"
MAIL_WORKFLOW = "MailWorkflow"
PREVIEW_WORKFLOW = "PreviewWorkflow"
GLOSSARY_WORKFLOW = "GlossaryWorkflow"
BATCH_WORKFLOW = "BatchWorkflow"
DOWNLOAD_WORKFLOW = "DownloadWorkflow"
WEBHOOK_WORKFLOW = "WebhookWorkflow"
SCHEDULED_WORKFLOW = "ScheduledBatchWorkflow"
MAINTENANCE_WORKFLOW = "MaintenanceWorkflow"
"""Ran the sweeps before they were scheduled; see `workflows.maintenance`."""

DECIDE = "decide"
"""Update and signal of jobs and of languages: a person's decision."""
STATE = "state"
"""Query: the `JobState` or `LanguageState`."""
RETRY = "retry"
"""Signal: run the failed step again. Needs no input, so that staff can send it from the UI."""
PAUSE = "pause"
"""Update and signal of batches."""
RESUME = "resume"
"""Update and signal of batches."""
CANCEL = "cancel"
"""Update and signal of batches and downloads."""
BEGIN = "begin"
"""Signal from a job to a language."""
STOP = "stop"
"""Signal from a job to a language: stop what runs and wait."""
CLOSE = "close"
"""Signal from a job to a language: the job is over."""
ABOUT = "about"
"""Signal from a job to a language: the job's current `JobRef`."""
REPORT = "report"
"""Signal from a language to its job."""
PROJECTED_FIRST = "projected-first"
"""Patch: a decision is written to the row before the workflow acts on it, and languages are told after the answer."""
CLOSED_IN_TIME = "closed-in-time"
"""Patch: a job waits for a limited time for its languages' workflows to end."""
TRIED_BY_TIME = "tried-by-time"
"""Patch: transient failures are retried for hours."""

AGAIN = "again"
"""Signal to the workflow of a glossary version: start at this revision."""
WAKE = "wake"
"""Signal to the workflow of a webhook: look for events to send."""
SETTLE = "settle"
"""Signal from the sweep to a workflow that was reset: update the row, the texts and the related workflows from this
run."""

CONFLICT = "conflict"
"""Type of the ApplicationError with which a decision is refused: 409."""
INVALID = "invalid"
"""Type of the ApplicationError with which a decision is refused: 400."""
UNAVAILABLE = "unavailable"
"""Type of the ApplicationError with which a decision is refused: 503. Nothing was decided."""

NO_RESULT = "result"
"""Type of the failure of an activity that somebody completed by hand with a result of the wrong shape."""

TITLE = SearchAttributeKey.for_keyword("Title")
"""At most 255 characters. Not set if a payload codec is configured."""
JOB_STATUS = SearchAttributeKey.for_keyword("JobStatus")
JOB_STEP = SearchAttributeKey.for_keyword("JobStep")
ORG_ID = SearchAttributeKey.for_keyword("OrgId")
CLIENT_ID = SearchAttributeKey.for_keyword("ClientId")
PROJECT_ID = SearchAttributeKey.for_keyword("ProjectId")
JOB_LANGUAGE = SearchAttributeKey.for_keyword("JobLanguage")
BATCH_ID = SearchAttributeKey.for_keyword("BatchId")
NEEDS_HUMAN = SearchAttributeKey.for_bool("NeedsHuman")
SEARCH_ATTRIBUTES = (
    TITLE,
    JOB_STATUS,
    JOB_STEP,
    ORG_ID,
    CLIENT_ID,
    PROJECT_ID,
    JOB_LANGUAGE,
    BATCH_ID,
    NEEDS_HUMAN,
)


def job_workflow_id(job_id: UUID | str) -> str:
    return f"job-{job_id}"


def language_workflow_id(job_id: UUID | str, language: str) -> str:
    return f"job-{job_id}-{language}"


def glossary_workflow_id(version_id: UUID | str) -> str:
    return f"glossary-{version_id}"


def mail_workflow_id(mail_id: UUID | str) -> str:
    return f"mail-{mail_id}"


def preview_workflow_id(key: str) -> str:
    return f"preview-{key}"


def batch_workflow_id(batch_id: UUID | str) -> str:
    return f"batch-{batch_id}"


def download_workflow_id(batch_id: UUID | str) -> str:
    return f"download-{batch_id}"


def webhook_workflow_id(webhook_id: UUID | str) -> str:
    return f"webhook-{webhook_id}"
