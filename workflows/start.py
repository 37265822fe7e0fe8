"""How a job's workflow is started: the same by the API, by a decision about a closed job, and by the sweep."""

from __future__ import annotations

from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from schema.contracts.job import JobInput, JobState
from schema.contracts.language import LanguageInput, LanguageState
from schema.contracts.steps import JobRef
from workflows import names
from workflows.children import LANGUAGE_DETAILS, begin_as_it_was, language_attributes
from workflows.steps import priority_of

_BULK, _INTERACTIVE = 4, 2
"""Of 1 (first) to 5; work that a person waits for comes before bulk."""


async def start_job(client: Client, ref: JobRef, state: JobState, title: str) -> bool:
    """Starts the workflow of a job whose row is committed; False where it runs, or ran, already."""
    try:
        await client.start_workflow(
            names.JOB_WORKFLOW,
            JobInput(job=ref, state=state),
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            **_options(ref, state, title),
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


def start_again(ref: JobRef, state: JobState, title: str) -> WithStartWorkflowOperation[Any, Any]:
    """For later work on a closed job: a new run from its row, which begins with the update that goes with it. Where
    a run is open, the update goes there."""
    return WithStartWorkflowOperation(
        names.JOB_WORKFLOW,
        JobInput(job=ref, state=state),
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        **_options(ref, state, title),
    )


def start_language_again(
    ref: JobRef, state: JobState, language: LanguageState
) -> WithStartWorkflowOperation[Any, Any]:
    """For a decision about a language whose workflow is gone, as `start_again`."""
    code = language.language
    return WithStartWorkflowOperation(
        names.LANGUAGE_WORKFLOW,
        LanguageInput(job=ref, state=language, begin=begin_as_it_was(state, language)),
        id=names.language_workflow_id(ref.job_id, code),
        task_queue=names.Queue.JOBS,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        search_attributes=language_attributes(ref, code),
        static_summary=f"{code} of job {ref.job_id}",
        static_details=LANGUAGE_DETAILS,
        priority=priority_of(ref),
    )


def _options(ref: JobRef, state: JobState, title: str) -> dict[str, Any]:
    languages = [ref.source_language, *state.outputs.targets(ref.source_language)]
    return {
        "id": names.job_workflow_id(ref.job_id),
        "task_queue": names.Queue.JOBS,
        "search_attributes": TypedSearchAttributes(
            [
                SearchAttributePair(names.JOB_STATUS, state.status.value),
                SearchAttributePair(names.ORG_ID, str(ref.org_id)),
                SearchAttributePair(names.CLIENT_ID, str(ref.client_id)),
                SearchAttributePair(names.PROJECT_ID, str(ref.project_id)),
                SearchAttributePair(names.NEEDS_HUMAN, False),
            ]
        ),
        "static_summary": title[:200],
        "static_details": f"{title}\n\nJob `{ref.job_id}`, in {', '.join(languages)}. Source: `{ref.source_object}`.",
        "priority": Priority(priority_key=_BULK if ref.bulk else _INTERACTIVE, fairness_key=str(ref.org_id)),
    }
