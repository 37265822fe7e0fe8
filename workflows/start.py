"""How a job's workflow is started: the same by the API, by a decision about a closed job, and by the sweep, which also
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
"""Nobody waits longer for what may be told later."""


async def start_job(client: Client, ref: JobRef, state: JobState, title: str) -> bool:
    """Starts the workflow of a job whose row is committed; False where it runs, or ran, already."""
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
    """Starts the workflow of a language, which stands as `language` says, where none is open. It reports to its job as
    one that the job has started."""
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
    """Starts what sends a mail whose row is committed; False where it runs, or ran, already."""
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
    """Starts what embeds a glossary version whose row is committed. Where it runs already, it begins at this revision,
    or goes on where it is of this one."""
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
    """Has what sends the events of a webhook look for some: in its workflow where that is open, else in a new one."""
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
    """Starts what speaks a preview whose request is in the bucket, or finds it at work."""
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
    """For later work on a closed job: a new run from its row, which begins with the update that goes with it. Where
    a run is open, the update goes there."""
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
    """For a decision about a language whose workflow is gone, as `start_again`."""
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
    """Search attributes are not encrypted, so with a codec there is no title among them."""
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
