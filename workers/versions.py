"""Worker versioning: the current build, and whether this process takes work.

With `WORKER_BUILD_ID` nothing runs on a new build until it is made the current one. `python -m workers set-current`
does that once every pool runs it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from temporalio.api.deployment.v1 import WorkerDeploymentVersion as Version
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    DescribeWorkerDeploymentVersionRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from schema.errors import Unavailable
from workers.registry import DEPLOYMENT, POOLS
from workflows.names import Queue

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 1.0
_BEAT = timedelta(seconds=15)


async def set_current(
    client: Client, build_id: str, *, queues: Iterable[Queue] = tuple(POOLS), wait_s: float = 600
) -> None:
    """Makes `build_id` the current build once a worker of it polls each of `queues`.

    Raises:
        Unavailable: after `wait_s` some pool does not run it yet; the message names them.
    """
    wanted = {queue.value for queue in queues}
    missing = wanted
    try:
        async with asyncio.timeout(wait_s):
            while True:
                missing = wanted - await _polled(client, build_id)
                if not missing:
                    break
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        raise Unavailable(
            f"No worker of build {build_id} polls {', '.join(sorted(missing))}: start those pools with "
            f"WORKER_BUILD_ID={build_id}, and run this again. The build that was current still is."
        ) from None
    await client.workflow_service.set_worker_deployment_current_version(
        SetWorkerDeploymentCurrentVersionRequest(
            namespace=client.namespace,
            deployment_name=DEPLOYMENT,
            build_id=build_id,
            identity=client.identity,
        )
    )


async def _polled(client: Client, build_id: str) -> set[str]:
    """The queues that workers of this build have polled."""
    try:
        described = await client.workflow_service.describe_worker_deployment_version(
            DescribeWorkerDeploymentVersionRequest(
                namespace=client.namespace,
                deployment_version=Version(deployment_name=DEPLOYMENT, build_id=build_id),
            )
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return set()
        raise
    return {queue.name for queue in described.version_task_queues}


async def why_idle(client: Client, queue: Queue, build_id: str | None) -> str | None:
    """Why the process of `client` takes no work from `queue`; None if it does."""
    kind = (
        TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
        if POOLS[queue].workflows
        else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    )
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=queue.value), task_queue_type=kind
        )
    )
    if not any(poller.identity == client.identity for poller in answer.pollers):
        return f"it does not poll {queue.value}"
    if build_id is None or build_id in await _routed_to(client):
        return None
    return f"build {build_id} is not the current one: run `python -m workers set-current`"


async def _routed_to(client: Client) -> set[str]:
    """The builds that take work."""
    try:
        described = await client.workflow_service.describe_worker_deployment(
            DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=DEPLOYMENT)
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:  # the server has not seen its first worker yet
            return set()
        raise
    routing = described.worker_deployment_info.routing_config
    return {routing.current_deployment_version.build_id, routing.ramping_deployment_version.build_id}


async def keep_ready_file(
    client: Client, queue: Queue, build_id: str | None, file: Path | None, every: timedelta = _BEAT
) -> None:
    """Runs until cancelled. Touches `file` while the process takes work, and removes it while it does not. Logs the
    reason."""
    said: str | None = None
    try:
        while True:
            try:
                why = await why_idle(client, queue, build_id)
            except RPCError as error:
                why = f"Temporal does not answer: {error.message}"
            _show(file, is_ready=why is None)
            if why != said and (said := why):
                _log.warning("this worker takes no work: %s", why)
            await asyncio.sleep(every.total_seconds() if why is None else _LOOK_EVERY_S)
    finally:
        _show(file, is_ready=False)


def _show(file: Path | None, *, is_ready: bool) -> None:
    if file is not None and is_ready:
        file.touch()
    elif file is not None:
        file.unlink(missing_ok=True)
