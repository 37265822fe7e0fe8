"""The task queues and their workers, as reported by Temporal."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType, WorkerStatus
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.worker.v1 import WorkerHeartbeat
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
    ListWorkersRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from api.bodies.queues import QueueOut, QueueStats, WorkerOut
from schema.tables import now
from workflows.names import Queue

KEPT_S = 5.0
"""How long one result is shared by all callers of a process."""
LIMIT_S = 4.0
_LIMIT = timedelta(seconds=LIMIT_S)
_ALIVE = timedelta(minutes=2)
"""Workers poll or send a heartbeat at least every minute."""
_KINDS = (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
_PAGE = 1000
Seen = dict[str, datetime]
"""When each worker was last active, by its identity."""


async def look(client: Client) -> QueueStats:
    """Queries all queues in parallel, each with its own timeout."""
    beats, found = await asyncio.gather(
        _beats(client), asyncio.gather(*(_one(client, queue) for queue in Queue))
    )
    queues = [
        each.model_copy(update={"workers": _with_beats(each.workers, beats.get(each.queue, {}))})
        for each in found
    ]
    return QueueStats(
        looked_at=now(),
        queues=[each.model_copy(update={"workers_alive": _alive(each.workers)}) for each in queues],
    )


async def _one(client: Client, queue: Queue) -> QueueOut:
    try:
        described = await asyncio.gather(*(_describe(client, queue, kind) for kind in _KINDS))
    except RPCError as error:
        return _silent(queue, f"Temporal does not answer: {error.message}")
    except (RuntimeError, TimeoutError):  # RuntimeError: a lazy client that finds no server
        return _silent(queue, "Temporal does not answer.")
    stats = [each.stats for each in described]
    workers: Seen = {}
    for poller in (poller for each in described for poller in each.pollers):
        seen = poller.last_access_time.ToDatetime(now().tzinfo)
        workers[poller.identity] = max(seen, workers.get(poller.identity, seen))
    return QueueOut(
        queue=queue,
        backlog=sum(each.approximate_backlog_count for each in stats),
        backlog_age_s=max(each.approximate_backlog_age.ToTimedelta().total_seconds() for each in stats),
        added_per_s=round(sum(each.tasks_add_rate for each in stats), 3),
        dispatched_per_s=round(sum(each.tasks_dispatch_rate for each in stats), 3),
        pollers=len(workers),
        workers_alive=0,
        workers=[WorkerOut(identity=name, seen_at=at) for name, at in sorted(workers.items())],
        problem=None,
    )


def _silent(queue: Queue, why: str) -> QueueOut:
    return QueueOut(
        queue=queue,
        backlog=None,
        backlog_age_s=None,
        added_per_s=None,
        dispatched_per_s=None,
        pollers=None,
        workers_alive=0,
        workers=[],
        problem=why,
    )


async def _describe(client: Client, queue: Queue, kind: TaskQueueType.ValueType) -> DescribeTaskQueueResponse:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue.value),
        task_queue_type=kind,
        report_stats=True,
    )
    asked = client.workflow_service.describe_task_queue(request, timeout=_LIMIT)
    return await asyncio.wait_for(asked, LIMIT_S)


async def _beats(client: Client) -> Mapping[str, Seen]:
    """Workers that send heartbeats, by queue, including those too busy to poll. None if the server does not record
    them."""
    found: dict[str, Seen] = defaultdict(dict)
    try:
        async with asyncio.timeout(LIMIT_S):
            for beat in await _heartbeats(client):
                if beat.status == WorkerStatus.WORKER_STATUS_RUNNING:
                    found[beat.task_queue][beat.worker_identity] = beat.heartbeat_time.ToDatetime(
                        now().tzinfo
                    )
    except (RPCError, RuntimeError, TimeoutError):
        return {}
    return found


async def _heartbeats(client: Client) -> list[WorkerHeartbeat]:
    beats: list[WorkerHeartbeat] = []
    token = b""
    while True:
        request = ListWorkersRequest(namespace=client.namespace, page_size=_PAGE, next_page_token=token)
        answer = await client.workflow_service.list_workers(request, timeout=_LIMIT)
        beats += [each.worker_heartbeat for each in answer.workers_info]
        token = answer.next_page_token
        if not token:
            return beats


def _with_beats(workers: Iterable[WorkerOut], beats: Seen) -> list[WorkerOut]:
    seen = {each.identity: each.seen_at for each in workers}
    for identity, at in beats.items():
        seen[identity] = max(at, seen.get(identity, at))
    return [WorkerOut(identity=identity, seen_at=at) for identity, at in sorted(seen.items())]


def _alive(workers: Iterable[WorkerOut]) -> int:
    since = now() - _ALIVE
    return sum(each.seen_at >= since for each in workers)
