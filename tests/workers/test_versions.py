"""Worker versioning, readiness, and the end of a worker process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from activities.storage import GoogleStorage
from schema.contracts.sweeps import SweepInput, Swept
from schema.db import Database
from schema.enums import Sweep
from schema.errors import Unavailable
from tests.factories import settings_for
from tests.namespaces import own_namespace
from tests.workflows.platform import eventually
from workers.groups import sweeping
from workers.registry import POOLS, SANDBOX
from workers.registry import _deployment as deployment
from workers.versions import keep_ready_file, set_current, why_idle
from workflows import names

ROOT = Path(__file__).resolve().parents[2]
SWEEPS = names.Queue.SWEEPS
MINUTE = timedelta(minutes=1)


def sweeper(client: Client, database: Database, store: GoogleStorage, build_id: str) -> Worker:
    return Worker(
        client,
        task_queue=SWEEPS.value,
        workflows=POOLS[SWEEPS].workflows,
        workflow_runner=SANDBOX,
        activities=sweeping(database, client, store),
        deployment_config=deployment(build_id),
    )


async def test_a_build_takes_work_once_it_is_current(
    temporal_client: Client, database: Database, object_store: GoogleStorage, tmp_path: Path
) -> None:
    client = await own_namespace(temporal_client)
    ready = tmp_path / "ready"
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(sweeper(client, database, object_store, "1"))
        keeping = asyncio.create_task(keep_ready_file(client, SWEEPS, "1", ready, timedelta(seconds=0.1)))
        stack.callback(keeping.cancel)
        started = await client.start_workflow(
            names.SWEEP_WORKFLOW,
            SweepInput(sweep=Sweep.EXPIRE_RECORDS),
            id=f"sweep-{uuid4()}",
            task_queue=SWEEPS.value,
            execution_timeout=5 * MINUTE,
            result_type=Swept,
        )
        await eventually(lambda: says(client, "1", "set-current"))
        assert not ready.exists()

        with pytest.raises(Unavailable, match="polls jobs, sweeps"):
            await set_current(client, "2", queues=(SWEEPS, names.Queue.JOBS), wait_s=0.1)
        await set_current(client, "1", queues=(SWEEPS,), wait_s=60)
        await started.result()
        await eventually(ready.exists)
    await eventually(lambda: not ready.exists())


async def says(client: Client, build_id: str, words: str) -> bool:
    return words in (await why_idle(client, SWEEPS, build_id) or "")


async def worker_process(
    client: Client, postgres_url: str, folder: Path, *arguments: str, **env: str
) -> asyncio.subprocess.Process:
    told = settings_for(postgres_url)
    settings = {
        "ENVIRONMENT": "test",
        "DATABASE_URL": postgres_url,
        "JWT_SECRET": told.jwt_secret.get_secret_value(),
        "COOKIE_SECURE": "false",
        "TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": client.namespace,
        "WORK_DIR": str(folder / "work"),
        "WORKER_READY_FILE": str(folder / "ready"),
        **{f"{name}_PROVIDER": "local" for name in ("TRANSCRIBE", "DESCRIBE", "TRANSLATE", "VOICE")},
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workers", *arguments),
        cwd=ROOT,
        env=os.environ | settings | env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def test_a_drained_worker_ends_with_0(
    temporal_client: Client,
    postgres_url: str,
    storage_endpoint: str,
    storage_signing_key: Path,
    tmp_path: Path,
) -> None:
    """Whatever it has cached; and it has kept the schedules, served the SDK's metrics and logged lines of JSON."""
    client = await own_namespace(temporal_client)
    storage = {"STORAGE_ENDPOINT": storage_endpoint, "STORAGE_SIGNING_KEY": str(storage_signing_key)}
    port = free_port()
    told = {"METRICS_PORT": str(port), "LOG_FORMAT": "json"}
    process = await worker_process(client, postgres_url, tmp_path, "sweeps", **storage, **told)
    assert process.stdout is not None
    try:
        await eventually((tmp_path / "ready").exists)
        async with asyncio.timeout(120):
            while not [each async for each in client.list_workflows("ExecutionStatus = 'Completed'")]:
                await asyncio.sleep(0.1)
        async with httpx.AsyncClient() as asking:
            metrics = (await asking.get(f"http://127.0.0.1:{port}/metrics")).text
        process.send_signal(signal.SIGTERM)
        said = (await asyncio.wait_for(process.stdout.read(), 60)).decode()
        assert await process.wait() == 0, said
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert "temporal_" in metrics
    lines = [json.loads(line) for line in said.splitlines()]
    assert "the sweeps pool is draining" in [each["message"] for each in lines]
    assert not (tmp_path / "ready").exists()


async def test_set_current_without_a_build_id_has_nothing_to_do(
    temporal_client: Client, postgres_url: str, tmp_path: Path
) -> None:
    process = await worker_process(temporal_client, postgres_url, tmp_path, "set-current")
    said, _ = await process.communicate()
    assert (process.returncode, b"unversioned" in said) == (0, True), said
