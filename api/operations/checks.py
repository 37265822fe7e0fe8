"""The detailed health check: every part is tested in parallel, each with a timeout."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Literal
from uuid import uuid4

import sqlalchemy as sa
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.service import RPCError

from api.bodies.health import Check, DetailedHealth, Part, ProviderCheck, QueueCheck
from api.bodies.queues import QueueOut, QueueStats
from api.parts import Parts
from api.shared import Shared
from schema.enums import Provider, Step
from schema.errors import PlatformError
from schema.queries import failures
from schema.tables import now

KEPT_S = 5.0
LIMIT_S = 4.0
KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
_OF_A_KEY = frozenset({"type"})
_PROVIDED = {
    Step.TRANSCRIBE: "transcribe_provider",
    Step.DESCRIBE: "describe_provider",
    Step.TRANSLATE: "translate_provider",
    Step.SYNTHESIZE: "voice_provider",
}
Ask = Callable[[Parts], Awaitable[None]]


async def look(parts: Parts, queues: Shared[QueueStats]) -> DetailedHealth:
    """Runs a check and reports the result. Nothing is raised."""
    found, waiting, failed = await asyncio.gather(
        asyncio.gather(*(_check(parts, *each) for each in _ASKED)), queues.get(), _failed(parts)
    )
    served = [_served(each) for each in waiting.queues]
    providers = [_provider(parts, step, failed) for step in _PROVIDED]
    looked: list[Check | QueueCheck | ProviderCheck] = [*found, *served, *providers]
    return DetailedHealth(
        looked_at=now(),
        ok=all(each.ok for each in looked),
        checks=list(found),
        queues=served,
        providers=providers,
    )


async def _check(parts: Parts, part: Part, asked: str, ask: Ask) -> Check:
    began, problem = time.perf_counter(), None
    try:
        await asyncio.wait_for(ask(parts), LIMIT_S)
    except TimeoutError:
        problem = f"It did not answer within {LIMIT_S:.0f} seconds."
    except PlatformError as error:
        problem = error.message
    except RPCError as error:
        problem = f"It refuses: {error.message}"
    except Exception as error:  # reporting any other error is the purpose of the check
        problem = f"{type(error).__name__}: {error}"[:300]
    took_ms = round((time.perf_counter() - began) * 1000)
    return Check(part=part, ok=problem is None, took_ms=took_ms, asked=asked, problem=problem)


async def _database(parts: Parts) -> None:
    async with parts.database.begin() as session:
        await session.execute(sa.text("select 1"))


async def _storage(parts: Parts) -> None:
    name, content = f"health/{uuid4()}", uuid4().bytes
    await parts.store.write(name, content, "application/octet-stream")
    try:
        if await parts.store.read(name) != content:
            raise RuntimeError("the object is not what was written")
    finally:
        await parts.store.delete(name)


async def _temporal(parts: Parts) -> None:
    client = parts.temporal
    await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))


_ASKED: tuple[tuple[Part, str, Ask], ...] = (
    ("database", "to answer a query", _database),
    ("storage", "to keep an object, give it back, and delete it", _storage),
    ("temporal", "to describe the namespace", _temporal),
)


async def _failed(parts: Parts) -> Mapping[Step, int]:
    """Counts failed jobs. Empty if the database does not answer, which its own check reports."""
    try:
        async with asyncio.timeout(LIMIT_S), parts.database.begin() as session:
            return await failures.of_providers(session)
    except (PlatformError, TimeoutError):
        return {}


def _served(queue: QueueOut) -> QueueCheck:
    problem = queue.problem
    if problem is None and not queue.workers_alive:
        problem = f"No worker serves it: start `python -m workers {queue.queue}`."
    return QueueCheck(
        queue=queue.queue,
        ok=problem is None,
        workers_alive=queue.workers_alive,
        backlog=queue.backlog,
        problem=problem,
    )


def _provider(parts: Parts, step: Step, failed: Mapping[Step, int]) -> ProviderCheck:
    provider: Provider = getattr(parts.settings, _PROVIDED[step])
    credentials, problem = ("not_needed", None) if provider is not Provider.GOOGLE else _google_key()
    return ProviderCheck(
        step=step,
        provider=provider,
        ok=problem is None,
        credentials=credentials,
        failed_lately=failed.get(step, 0),
        problem=problem,
    )


def _google_key() -> tuple[Literal["key_file", "of_the_machine", "unreadable"], str | None]:
    """The credentials that this process finds. Workers have their own environment."""
    named = os.environ.get(KEY_FILE)
    if not named:
        return "of_the_machine", None
    try:
        key = json.loads(Path(named).read_bytes())
        if not (isinstance(key, dict) and key.keys() >= _OF_A_KEY):
            raise ValueError("it is no key of a service account")
    except (OSError, ValueError) as error:
        return "unreadable", f"{KEY_FILE} names a file that cannot be used: {type(error).__name__}."
    return "key_file", None
