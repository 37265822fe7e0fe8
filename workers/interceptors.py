"""Interceptors around every activity of a worker, in addition to the classification of its errors."""

from __future__ import annotations

from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.running import in_flight
from schema import logs


class SayIds(Interceptor):
    """Adds the ids of the activity's work to its log records."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _SayIds(next)


class HeedTheEnd(Interceptor):
    """Once a worker is told to end, its activities start no further paid calls."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _HeedTheEnd(next)


class _HeedTheEnd(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        with in_flight.until(activity.is_worker_shutdown):
            return await super().execute_activity(input)


class _SayIds(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        running = activity.info()
        with logs.about(workflow_id=running.workflow_id or "", activity=running.activity_type):
            return await super().execute_activity(input)
