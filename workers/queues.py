"""Backlogs of the task queues as Prometheus metrics."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from prometheus_client import CollectorRegistry, Gauge
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from workers.registry import POOLS
from workflows.names import Queue

_EVERY = timedelta(seconds=15)
_log = logging.getLogger(__name__)
_KINDS = {
    "workflow": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "activity": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}


class QueueMetrics:
    """Every process that exports these reports the same values; aggregate with max."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("queue", "type")
        self._waiting = Gauge(
            "task_queue_backlog", "Tasks that wait for a worker.", labels, registry=registry
        )
        self._age = Gauge(
            "task_queue_backlog_age_seconds",
            "How long the oldest of them has waited.",
            labels,
            registry=registry,
        )
        self._pollers = Gauge("task_queue_pollers", "Workers that poll it.", labels, registry=registry)

    async def look(self, client: Client) -> None:
        """
        Raises:
            RPCError: Temporal does not answer.
        """
        for queue, pool in POOLS.items():
            for kind in ("workflow", "activity") if pool.workflows else ("activity",):
                await self._look_at(client, queue, kind)

    async def _look_at(self, client: Client, queue: Queue, kind: str) -> None:
        described = await client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=client.namespace,
                task_queue=TaskQueue(name=queue.value),
                task_queue_type=_KINDS[kind],
                report_stats=True,
            )
        )
        stats = described.stats
        self._waiting.labels(queue.value, kind).set(stats.approximate_backlog_count)
        self._age.labels(queue.value, kind).set(stats.approximate_backlog_age.ToTimedelta().total_seconds())
        self._pollers.labels(queue.value, kind).set(len(described.pollers))

    async def keep_looking(self, client: Client, every: timedelta = _EVERY) -> None:
        """Runs until cancelled."""
        while True:
            try:
                await self.look(client)
            except (RPCError, RuntimeError) as error:  # RuntimeError: a lazy client that finds no server
                _log.warning("the task queues could not be looked at: %s", error)
            await asyncio.sleep(every.total_seconds())
