"""Our own programs as the local stack runs them, with their readiness checks."""

from __future__ import annotations

import os
import sys
import urllib.request
from asyncio import to_thread
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from deploy.local.google.doubles import Doubles
from deploy.local.ports import HOST
from deploy.local.service import Program, Service
from workers.grace import ENDING
from workflows.names import Queue

POOLS = tuple(queue.value for queue in Queue)
"""One worker process each: workflows, captions and texts, the sweeps, batches and downloads, and the six steps."""


DRAINS_S = 20
"""Maximum grace period of a worker, because a person waits for the platform to stop."""


def migrations(database_url: str) -> Program:
    """Migrates the database to the newest version."""
    return _python("migrations", "schema.migrations", "upgrade", env={"DATABASE_URL": database_url})


def database(env: Mapping[str, str]) -> Program:
    """Migrates the stack's database, and creates the seeded users and their sample data, once."""
    return _python("database", "deploy.local.seed", env=env)


def storage(data: Path, bucket: str, port: int) -> Service:
    """The object store with its bucket. It is ready when its JSON API answers."""
    program = _python(
        "storage",
        "deploy.local.storage",
        "--data",
        str(data),
        "--bucket",
        bucket,
        "--port",
        str(port),
        env={},
    )
    return _service(program, _answers(f"http://{HOST}:{port}/storage/v1/b/{bucket}"))


def google(env: Mapping[str, str], doubles: Doubles) -> Service:
    """The simulated Google services. They are ready when Gemini's double answers."""
    program = _python(
        "google",
        "deploy.local.google",
        "--rest-port",
        str(doubles.rest_port),
        "--grpc-port",
        str(doubles.grpc_port),
        "--faults",
        str(doubles.faults),
        env=env,
    )
    return _service(program, _answers(f"{doubles.url}/told"))


def api(env: Mapping[str, str], port: int) -> Service:
    """The REST API and the socket."""
    program = _python("api", "deploy.serve", "--host", HOST, "--port", str(port), env=env)
    return _service(program, _answers(f"http://{HOST}:{port}/health/live"))


def worker(pool: str, env: Mapping[str, str], pid: Callable[[], int | None]) -> Service:
    """The only process of a worker pool. It is ready when Temporal sees the process `pid` poll its queue."""
    kind = (
        TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
        if Queue(pool) in (Queue.JOBS, Queue.SWEEPS, Queue.BATCHES)
        else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    )
    question = DescribeTaskQueueRequest(
        namespace="default", task_queue=TaskQueue(name=pool), task_queue_type=kind
    )

    async def polls() -> None:
        client = await Client.connect(env["TEMPORAL_ADDRESS"])
        answer = await client.workflow_service.describe_task_queue(question)
        if not any(poller.identity.startswith(f"{pid()}@") for poller in answer.pollers):
            raise ConnectionError(f"nobody polls {pool}")

    ends_in = DRAINS_S + ENDING.total_seconds()
    return _service(_python(f"worker-{pool}", "workers", pool, env=env), polls, grace_s=ends_in)


def set_current(env: Mapping[str, str]) -> Program:
    """Makes the build in WORKER_BUILD_ID the current one, if it is set."""
    return _python("set-current", "workers", "set-current", env=env)


def _python(name: str, module: str, *arguments: str, env: Mapping[str, str]) -> Program:
    """`python -m module ...` with `env` over our own environment."""
    whole = os.environ | dict(env) | {"PYTHONUNBUFFERED": "1"}
    return Program(name, (sys.executable, "-m", module, *arguments), env=whole)


def _service(program: Program, ready: Callable[[], Awaitable[None]], grace_s: float = 15) -> Service:
    return Service(program.name, program.argv, env=program.env, ready=ready, grace_s=grace_s)


def _answers(url: str) -> Callable[[], Awaitable[None]]:
    """A probe that succeeds when `url` answers with 200."""

    def ask() -> None:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - our own http

    async def probe() -> None:
        await to_thread(ask)

    return probe
