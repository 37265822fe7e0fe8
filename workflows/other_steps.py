"""One typed call per activity of the workflows that belong to no job: glossaries, mails, previews, batches and webhooks. See
`workflows.steps`."""

from __future__ import annotations

from typing import Any

from schema.contracts import batches, glossaries, mails, previews, webhooks
from workflows import options
from workflows.calls import StepCall, behind_jobs
from workflows.names import Activity, Queue

EMBED_TERMS = StepCall(
    Activity.EMBED_TERMS,
    Queue.EMBED,
    options.EMBED,
    glossaries.EmbedInput,
    glossaries.EmbedResult,
    lambda i: f"Terms after {i.after}",
)
END_EMBEDDING = StepCall(
    Activity.END_EMBEDDING,
    Queue.EMBED,
    options.RECORD,
    glossaries.EmbedFailed,
    type(None),
    lambda i: "Says why it ended",
)
SEND_MAIL = StepCall(
    Activity.SEND_MAIL,
    Queue.RECORDS,
    options.MAIL,
    mails.MailInput,
    mails.MailResult,
    lambda i: "Sends the mail",
)
SPEAK_PREVIEW = StepCall(
    Activity.SPEAK_PREVIEW,
    Queue.SYNTHESIZE,
    options.PREVIEW,
    previews.PreviewInput,
    previews.PreviewResult,
    lambda i: "Speaks the preview",
)

OPEN_BATCH = StepCall(
    Activity.OPEN_BATCH,
    Queue.BATCHES,
    options.RECORD,
    batches.OpenBatch,
    batches.Opened,
    lambda i: "Opens a batch",
)
CHOOSE_JOBS = StepCall(
    Activity.CHOOSE_JOBS,
    Queue.BATCHES,
    options.CHOOSE,
    batches.BatchRef,
    batches.Chosen,
    lambda i: "Chooses the jobs",
)
DECIDE_ITEMS = StepCall(
    Activity.DECIDE_ITEMS,
    Queue.BATCHES,
    options.ITEMS,
    batches.DecideItems,
    batches.ItemsDecided,
    lambda i: f"Jobs {i.first} to {i.last}",
)
RECORD_BATCH = StepCall(
    Activity.RECORD_BATCH,
    Queue.BATCHES,
    options.RECORD,
    batches.RecordBatch,
    type(None),
    lambda i: f"Records: {i.status.value}",
)
PACK_DOWNLOAD = StepCall(
    Activity.PACK_DOWNLOAD,
    Queue.DOWNLOADS,
    options.PACK,
    batches.BatchRef,
    batches.PackResult,
    lambda i: "Packs what the jobs have made",
)

TAKE_WEBHOOK_EVENTS = StepCall(
    Activity.TAKE_WEBHOOK_EVENTS,
    Queue.RECORDS,
    options.RECORD,
    webhooks.WebhookInput,
    webhooks.Taken,
    lambda i: "Looks for events that are to be sent",
    priority=lambda i: behind_jobs(i.org_id),
)
DELIVER_WEBHOOK = StepCall(
    Activity.DELIVER_WEBHOOK,
    Queue.RECORDS,
    options.WEBHOOK,
    webhooks.DeliverInput,
    webhooks.DeliverResult,
    lambda i: f"Sends {i.delivery_id}",
    priority=lambda i: behind_jobs(i.org_id),
)

ALL: tuple[StepCall[Any, Any], ...] = (
    EMBED_TERMS,
    END_EMBEDDING,
    SEND_MAIL,
    SPEAK_PREVIEW,
    OPEN_BATCH,
    CHOOSE_JOBS,
    DECIDE_ITEMS,
    RECORD_BATCH,
    PACK_DOWNLOAD,
    TAKE_WEBHOOK_EVENTS,
    DELIVER_WEBHOOK,
)
