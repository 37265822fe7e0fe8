"""Records how long the parts of steps take."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from schema.contracts.steps import JobRef
from schema.db import Database
from schema.enums import Step
from schema.queries import measures
from schema.tables import StepRun
from workflows.names import Activity

_NAMESPACE = UUID("5b0f7a51-0f8e-4a52-9a0e-0c3c3a2b7f10")
_STEP_OF = {
    Activity.PROBE_SOURCE: Step.PROBE,
    Activity.FIND_SCENES: Step.PROBE,
    Activity.TRANSCRIBE_SPEECH: Step.TRANSCRIBE,
    Activity.DRAFT_CAPTIONS: Step.TRANSCRIBE,
    Activity.WATCH_SCENES: Step.DESCRIBE,
    Activity.PLACE_DESCRIPTIONS: Step.DESCRIBE,
    Activity.TRANSLATE_TEXTS: Step.TRANSLATE,
    Activity.SYNTHESIZE_DESCRIPTIONS: Step.SYNTHESIZE,
    Activity.MUX_ACCESSIBLE_VIDEO: Step.MUX,
}
"""The steps in the statistics. A dub is examined in the middle of another step, and is left out."""
_log = logging.getLogger(__name__)


class NoteTimes(Interceptor):
    """Records successful steps. A record that cannot be written is logged, and nothing else happens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _NoteTimes(next, self._database)


class _NoteTimes(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, database: Database) -> None:
        super().__init__(next)
        self._database = database

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        made = await super().execute_activity(input)
        running = activity.info()
        step = _STEP_OF.get(running.activity_type)  # type: ignore[call-overload]
        job = getattr(input.args[0], "job", None) if input.args else None
        if step is not None and isinstance(job, JobRef):
            run = _run(running, step, job, input.args[0], made)
            try:
                async with self._database.begin() as session:
                    await measures.note_run(session, run)
            except Exception as error:  # such as a job that was purged meanwhile
                _log.warning("the time of %s was not noted: %r", running.activity_type, error)
        return made


def _run(running: activity.Info, step: Step, job: JobRef, inputs: Any, made: Any) -> StepRun:
    ended_at = datetime.now(UTC)
    began, asked = running.started_time, running.current_attempt_scheduled_time
    return StepRun(
        id=uuid5(_NAMESPACE, f"{running.workflow_run_id}/{running.activity_id}"),
        job_id=job.job_id,
        language=getattr(inputs, "language", None) or "",
        step=step,
        activity=running.activity_type,
        waited_ms=max(0, round((began - asked).total_seconds() * 1000)),
        took_ms=max(0, round((ended_at - began).total_seconds() * 1000)),
        reused=bool(getattr(made, "reused", False)),
        ended_at=ended_at,
    )
