"""Random and hostile messages to every handler of every workflow: none fails a task or a run, and the workflow still
answers a query and takes a good decision afterwards."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import Worker

from schema.contracts.batches import BatchInput
from schema.contracts.glossaries import GlossaryInput
from schema.contracts.webhooks import WebhookInput
from schema.enums import BatchAction, JobAction, JobStatus, LanguageAction, LanguageStage, QCState, Step
from tests.namespaces import own_namespace
from tests.workflows import raw
from tests.workflows.platform import SPANISH, Platform
from tests.workflows.test_messages import OF_A_JOB, handlers
from workers.registry import SANDBOX
from workflows.batch import BatchWorkflow
from workflows.converter import data_converter
from workflows.download import DownloadWorkflow
from workflows.glossary import GlossaryWorkflow
from workflows.inbound import GuardMessages
from workflows.webhook import WebhookWorkflow

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["\0", "a\0b", "x" * 3000, "y" * 300_000, "es\n", "EN", "e" * 400, "💥" * 200]
)
_SCALAR = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | _TEXT
    | st.sampled_from([*JobAction, *LanguageAction, *JobStatus, *LanguageStage, *QCState, *Step])
    | st.sampled_from(
        [
            "2026-11-29T12:00:00",
            "9999-12-31T23:59:59-14:00",
            "0001-01-01T00:00:00+14:00",
            "00000000-0000-0000-0000-000000000000",
        ]
    )
)
_FIELD = st.sampled_from(
    [
        "action",
        "actor",
        "id",
        "revision",
        "run_id",
        "reason",
        "versions",
        "language",
        "languages",
        "from_step",
        "outputs",
        "keep_human_edits",
        "person_id",
        "due_at",
        "state",
        "begun_at",
        "stage",
        "qc_state",
        "at",
        "artifacts",
        "source_versions",
        "reopen",
        "removed",
        "step",
        "failure",
        "closed",
        "name",
        "role",
        "user_id",
        "captions",
        "audio_description",
        "es",
        "en",
        "unknown",
    ]
)
_VALUE = st.recursive(
    _SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_FIELD, inner, max_size=5),
    max_leaves=12,
)
_ENDS = {JobAction.CANCEL, JobAction.COMPLETE}
"""What a person may decide: the workflow would be right to end."""


def _of_contract(model: type[Any]) -> Any:
    """What looks like the contract, with some fields wrong."""
    return st.dictionaries(st.sampled_from([*model.model_fields, "unknown"]), _VALUE, max_size=6)


def _payload(value: Any) -> Payload:
    return raw.payload(json.dumps(value).encode())


_INPUT = (
    _VALUE.map(_payload)
    | st.binary(max_size=20).map(raw.payload)
    | st.binary(max_size=20).map(lambda data: raw.payload(data, "binary/plain"))
)
_INPUTS = st.lists(_INPUT, max_size=3)


@st.composite
def _messages(draw: st.DrawFn, everything: list[tuple[str, str, str]]) -> list[Any]:
    """(workflow, kind, name, inputs)."""
    chosen = draw(st.lists(st.sampled_from(everything), min_size=10, max_size=10))
    return [(*each, draw(_INPUTS)) for each in chosen if each[2] != "close"]


def _may_end(inputs: list[Payload]) -> bool:
    said = [each.data for each in inputs]
    return len(said) == 1 and any(f'"action": "{action}"'.encode() in said[0] for action in _ENDS)


async def _send_to(client: Client, handles: dict[str, WorkflowHandle], message: Any) -> None:
    defined, kind, name, inputs = message
    if _may_end(inputs):
        return
    try:
        if kind == "signal":
            await raw.signal(client, handles[defined], name, inputs)
        else:
            async with asyncio.timeout(120):
                await raw.update(client, handles[defined], name, inputs)
    except RPCError as error:  # the server itself refuses what is too large
        assert "limit" in error.message, error.message


def _handlers(of_a_job: bool, *kinds: str) -> list[tuple[str, str, str]]:
    return [
        (defined.__name__, kind, name)
        for kind in kinds
        for defined, _, name in handlers(kind)
        if (defined in OF_A_JOB) is of_a_job
    ]


def _examples(number: int, everything: list[tuple[str, str, str]]) -> Iterator[Any]:
    """Drawn outside the loop of the test, whose workflows live in its own."""
    found: list[Any] = []

    @settings(
        max_examples=number,
        deadline=None,
        phases=(Phase.generate,),
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_messages(everything))
    def collect(messages: Any) -> None:
        found.append(messages)

    collect()
    return iter(found)


async def test_no_message_fails_a_task_or_a_run(platform: Platform) -> None:
    job_id = await platform.to_languages(SPANISH)
    handles = {"JobWorkflow": platform.job(job_id), "LanguageWorkflow": platform.language(job_id, "es")}
    for messages in _examples(15, _handlers(True, "signal", "update")):
        await asyncio.gather(*(_send_to(platform.client, handles, each) for each in messages))
    for handle in handles.values():
        assert await handle.query("state")
        assert await raw.task_failures(handle) == 0
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await platform.decide(job_id, JobAction.REPROCESS, from_step=Step.PROBE)
    await platform.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until_stage(job_id, "en", LanguageStage.READY)


async def test_no_signal_fails_a_batch_a_download_a_glossary_or_a_webhook(platform: Platform) -> None:
    """Where nobody runs their activities, so that they wait."""
    own = await own_namespace(platform.client)
    client = Client(own.service_client, namespace=own.namespace, data_converter=data_converter)
    batch = {"batch_id": uuid4(), "org_id": uuid4(), "action": BatchAction.RETRY}
    inputs = {
        BatchWorkflow: BatchInput(**batch),
        DownloadWorkflow: BatchInput(**batch | {"action": BatchAction.DOWNLOAD}),
        GlossaryWorkflow: GlossaryInput(version_id=uuid4(), revision=1),
        WebhookWorkflow: WebhookInput(webhook_id=uuid4(), org_id=uuid4()),
    }
    workflows = [*inputs]
    queue = "hostile"
    async with Worker(
        client,
        task_queue=queue,
        workflows=workflows,
        workflow_runner=SANDBOX,
        interceptors=[GuardMessages()],
    ):
        handles = {
            defined.__name__: await client.start_workflow(
                defined.__name__, start, id=f"hostile-{defined.__name__}", task_queue=queue
            )
            for defined, start in inputs.items()
        }
        tried = [each for each in _handlers(False, "signal") if each[2] != "cancel"]
        assert {defined for defined, _, _ in tried} >= {
            "BatchWorkflow",
            "GlossaryWorkflow",
            "WebhookWorkflow",
        }
        for messages in _examples(8, tried):
            await asyncio.gather(*(_send_to(client, handles, each) for each in messages))
        for handle in handles.values():
            await raw.details(handle)
            assert await raw.task_failures(handle) == 0
            assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
