"""Starts a job's workflow. The API, a decision about a closed job, and the sweep use the same code. The sweep also
starts the workflow of a language that is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from schema.contracts.glossaries import GlossaryAgain, GlossaryInput
from schema.contracts.job import JobInput, JobState
from schema.contracts.language import LanguageInput, LanguageState
from schema.contracts.mails import MailInput
from schema.contracts.previews import PreviewInput, PreviewResult
from schema.contracts.steps import JobRef
from schema.contracts.webhooks import WebhookInput
from schema.enums import MailKind
from workflows import names, options, shown
from workflows.calls import behind_jobs, priority_of
from workflows.children import begin_as_it_was

_SOON = timedelta(seconds=5)
"""The timeout of a start that can also happen later."""


async def start_job(client: Client, ref: JobRef, state: JobState, title: str) -> bool:
    """Starts the workflow of a job whose row is committed. Returns False if it is running, or has run."""
    try:
        await client.start_workflow(
            names.JOB_WORKFLOW,
            JobInput(job=ref, state=state),
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            **_options(client, ref, state, title),
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def start_language(
    client: Client, ref: JobRef, state: JobState, language: LanguageState, title: str
) -> bool:
    """Starts the workflow of a language in the state `language`, if none is open. It reports to its job like one that
    the job started."""
    try:
        await client.start_workflow(
            names.LANGUAGE_WORKFLOW,
            LanguageInput(job=ref, state=language, begin=begin_as_it_was(state, language)),
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            **_language_options(client, ref, language.language, title),
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def start_mail(client: Client, mail_id: UUID, kind: MailKind) -> bool:
    """Starts the workflow that sends a mail whose row is committed. Returns False if it is running, or has run."""
    try:
        await client.start_workflow(
            names.MAIL_WORKFLOW,
            MailInput(mail_id=mail_id),
            id=names.mail_workflow_id(mail_id),
            task_queue=names.Queue.JOBS,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            static_summary=f"Mail: {kind.value.replace('_', ' ')}",
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def start_glossary(client: Client, version_id: UUID, revision: int, name: str) -> None:
    """Starts the workflow that embeds a glossary version whose row is committed. If it is already running, it starts
    over at this revision, or continues if it is at this revision."""
    await client.start_workflow(
        names.GLOSSARY_WORKFLOW,
        GlossaryInput(version_id=version_id, revision=revision),
        id=names.glossary_workflow_id(version_id),
        task_queue=names.Queue.JOBS,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        start_signal=names.AGAIN,
        start_signal_args=[GlossaryAgain(revision=revision)],
        static_summary=shown.summary(f"Glossary: {name}"),
        static_details="Makes the terms of one version findable by what they mean, a page at a time.",
    )


async def wake_webhook(client: Client, webhook_id: UUID, org_id: UUID, name: str) -> None:
    """Wakes the workflow that sends the events of a webhook, or starts it."""
    await client.start_workflow(
        names.WEBHOOK_WORKFLOW,
        WebhookInput(webhook_id=webhook_id, org_id=org_id),
        id=names.webhook_workflow_id(webhook_id),
        task_queue=names.Queue.JOBS,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        start_signal=names.WAKE,
        search_attributes=TypedSearchAttributes([SearchAttributePair(names.ORG_ID, str(org_id))]),
        static_summary=shown.summary(f"Webhook: {name}"),
        static_details="Sends what happens to the jobs of an organisation to an address of another system. It ends when "
        "all is sent, and is started again when something happens.",
        priority=behind_jobs(org_id),
        rpc_timeout=_SOON,
    )


async def start_preview(client: Client, key: str) -> WorkflowHandle[Any, PreviewResult]:
    """Starts the workflow that speaks a preview whose request is in the bucket, or finds it running."""
    return await client.start_workflow(
        names.PREVIEW_WORKFLOW,
        PreviewInput(key=key),
        id=names.preview_workflow_id(key),
        task_queue=names.Queue.JOBS,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        execution_timeout=options.PREVIEW_RUN,
        result_type=PreviewResult,
        static_summary="Preview of a voice",
    )


def start_again(
    client: Client, ref: JobRef, state: JobState, title: str
) -> WithStartWorkflowOperation[Any, Any]:
    """For later work on a closed job: starts a new run from its row with the update that goes with it. If a run is
    open, the update goes to that run."""
    return WithStartWorkflowOperation(
        names.JOB_WORKFLOW,
        JobInput(job=ref, state=state),
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        **_options(client, ref, state, title),
    )


def start_language_again(
    client: Client, ref: JobRef, state: JobState, language: LanguageState, title: str
) -> WithStartWorkflowOperation[Any, Any]:
    """Like `start_again`, for a decision about a language whose workflow is gone."""
    return WithStartWorkflowOperation(
        names.LANGUAGE_WORKFLOW,
        LanguageInput(job=ref, state=language, begin=begin_as_it_was(state, language)),
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        **_language_options(client, ref, language.language, title),
    )


def _language_options(client: Client, ref: JobRef, code: str, title: str) -> dict[str, Any]:
    return {
        "id": names.language_workflow_id(ref.job_id, code),
        "task_queue": names.Queue.JOBS,
        "memo": {shown.TITLE: title},
        "search_attributes": shown.language_attributes(ref, code, _open_title(client, title)),
        "static_summary": shown.language_summary(ref, code, title),
        "static_details": shown.LANGUAGE_DETAILS,
        "priority": priority_of(ref),
    }


def _open_title(client: Client, title: str) -> str | None:
    """The title that may be shown. Search attributes are not encrypted, so with a codec there is none."""
    return None if client.data_converter.payload_codec else title


def _options(client: Client, ref: JobRef, state: JobState, title: str) -> dict[str, Any]:
    languages = [ref.source_language, *state.outputs.targets(ref.source_language)]
    return {
        "id": names.job_workflow_id(ref.job_id),
        "task_queue": names.Queue.JOBS,
        "search_attributes": TypedSearchAttributes(
            [
                *shown.title_attribute(_open_title(client, title)),
                SearchAttributePair(names.JOB_STATUS, state.status.value),
                SearchAttributePair(names.ORG_ID, str(ref.org_id)),
                SearchAttributePair(names.CLIENT_ID, str(ref.client_id)),
                SearchAttributePair(names.PROJECT_ID, str(ref.project_id)),
                SearchAttributePair(names.NEEDS_HUMAN, False),
            ]
        ),
        "memo": {shown.TITLE: title},
        "static_summary": shown.summary(title),
        "static_details": shown.details(f"{title}\n\nJob `{ref.job_id}`, in {', '.join(languages)}."),
        "priority": priority_of(ref),
    }
