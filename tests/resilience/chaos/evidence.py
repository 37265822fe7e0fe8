"""What is there after the storm: rows, objects, workflows. Read past the platform's own code where that can be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode

from activities.storage import GoogleStorage
from deploy.local.stack import BUCKET, Stack
from workflows import names

Row = Mapping[str, Any]


@dataclass
class Workflow:
    """`state` is its answer to the query, of a running one. `broken` are its tasks that failed."""

    id: str
    status: WorkflowExecutionStatus
    runs: int
    state: Any = None
    broken: list[str] = field(default_factory=list)


@dataclass
class Evidence:
    """Of one job: its rows by table, the objects of its own by name, its workflows by id."""

    job: Row
    languages: list[Row]
    texts: list[Row]
    assets: list[Row]
    events: list[Row]
    audit: list[Row]
    objects: Mapping[str, int]
    workflows: dict[str, Workflow]


class Investigator:
    """Connect with `async with`."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._store = GoogleStorage(
            BUCKET,
            endpoint=stack.env["STORAGE_ENDPOINT"],
            signing_key=stack.data / "storage" / "signing-key.json",
        )

    async def __aenter__(self) -> Investigator:
        dsn = self._stack.server.dsn(driver="postgresql")
        self._database = await asyncpg.create_pool(dsn, min_size=0, max_size=2, init=_read_json)
        self.client = await Client.connect(
            self._stack.env["TEMPORAL_ADDRESS"], data_converter=pydantic_data_converter
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._database.terminate()
        self._store.close()

    async def ask(self, question: str, *values: object) -> list[Row]:
        return [dict(row) for row in await self._database.fetch(question, *values)]

    async def of_job(self, job_id: UUID) -> Evidence:
        async def of(table: str, order: str) -> list[Row]:
            return await self.ask(f"select * from {table} where job_id = $1 order by {order}", job_id)

        (job,) = await self.ask("select * from jobs where id = $1", job_id)
        languages = await of("job_languages", "language")
        ids = [
            names.job_workflow_id(job_id),
            *(names.language_workflow_id(job_id, row["language"]) for row in languages),
        ]
        found = [await self._workflow(each) for each in ids]
        return Evidence(
            job=job,
            languages=languages,
            texts=await of("text_versions", "language, kind, version"),
            assets=await of("assets", "language, kind"),
            events=await of("job_events", "id"),
            audit=await self.ask("select * from audit_log where starts_with(thing_id, $1)", str(job_id)),
            objects={info.name: info.size for info in await self._store.list_prefix(f"jobs/{job_id}/")},
            workflows={each.id: each for each in found if each},
        )

    async def _workflow(self, workflow_id: str) -> Workflow | None:
        handle = self.client.get_workflow_handle(workflow_id)
        try:
            described: WorkflowExecutionDescription = await handle.describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None
        runs = await self.client.count_workflows(f"WorkflowId = '{workflow_id}'")
        assert described.status is not None
        found = Workflow(workflow_id, described.status, runs.count, broken=await self._broken(workflow_id))
        if described.status is WorkflowExecutionStatus.RUNNING:
            found.state = await handle.query(names.STATE)
        return found

    async def _broken(self, workflow_id: str) -> list[str]:
        """Tasks that failed by the code's fault: it raised, or it did not do again what it had done."""
        history = await self.client.get_workflow_handle(workflow_id).fetch_history()
        return [
            event.workflow_task_failed_event_attributes.failure.message
            for event in history.events
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
            and event.workflow_task_failed_event_attributes.cause
            not in (
                WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
                WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
                WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
            )
        ]

    async def history(self, workflow_id: str) -> str:
        """As JSON, for whoever looks into it."""
        return (await self.client.get_workflow_handle(workflow_id).fetch_history()).to_json()

    async def pending(self, workflow_id: str) -> list[str]:
        """The activities that it waits for, and why each failed last."""
        described = await self.client.get_workflow_handle(workflow_id).describe()
        return [
            f"{each.activity_type.name}, attempt {each.attempt}: {each.last_failure.message}"
            for each in described.raw_description.pending_activities
        ]


async def _read_json(connection: asyncpg.Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
