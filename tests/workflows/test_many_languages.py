"""Fifty languages, as many as a job may have: a decision is answered once it is in the row, and they hear of it behind
the answer. They take longer than a client waits."""

from __future__ import annotations

import asyncio
from uuid import UUID

from temporalio.api.history.v1 import HistoryEvent

from activities.local.whisper_languages import CODES
from schema.enums import JobAction, LanguageStage
from schema.queries import languages
from tests.workflows import staff
from tests.workflows.platform import PLAIN, Platform, eventually

LANGUAGES = tuple(sorted(CODES - {"en"})[:50])
OUTPUTS = PLAIN.model_copy(update={"languages": LANGUAGES})
_PATIENCE_S = 200
"""Half a minute where nothing else runs on the machine."""


async def decide(platform: Platform, job_id: UUID, action: JobAction) -> None:
    """Decides, and holds the answer to its place: after the row was written, before any language had heard."""
    answer = await platform.decide(job_id, action, reason="The sound is missing.")
    events = [event async for event in platform.job(job_id).fetch_history_events()]
    accepted = [event for event in events if staff.decision(action.value)(event)][-1]
    answered = next(event.event_id for event in events if _answered(event) == accepted.event_id)
    began = range(accepted.event_id, answered)
    assert any(_written(event) in began for event in events if event.event_id in began), answer
    assert not [event for event in events if event.event_id in began and _heard(event) in began], answer


def _answered(event: HistoryEvent) -> int:
    """The acceptance of the update that ends here. Events count from 1."""
    return event.workflow_execution_update_completed_event_attributes.accepted_event_id


def _written(event: HistoryEvent) -> int:
    """Where the activity was asked for that ends here."""
    return event.activity_task_completed_event_attributes.scheduled_event_id


def _heard(event: HistoryEvent) -> int:
    """Where the job asked for what a language has now: its beginning, or a signal."""
    return (
        event.child_workflow_execution_started_event_attributes.initiated_event_id
        or event.external_workflow_execution_signaled_event_attributes.initiated_event_id
    )


async def test_no_decision_about_fifty_languages_waits_for_them(platform: Platform) -> None:
    """An approval begins them all, a block stops them, a cancel ends them."""
    job_id = await platform.to_source_qc(OUTPUTS)
    await decide(platform, job_id, JobAction.APPROVE_SOURCE)
    await all_are_at(platform, job_id, LanguageStage.LANGUAGE_QC)
    assert platform.steps.calls["translate_texts"] == len(LANGUAGES), "each once"
    await decide(platform, job_id, JobAction.BLOCKED_ON_SOURCE)
    await all_are_at(platform, job_id, LanguageStage.WAITING)
    await decide(platform, job_id, JobAction.CANCEL)
    ended = [platform.job(job_id), *(platform.language(job_id, code) for code in LANGUAGES)]
    await asyncio.gather(*(platform.ended(handle) for handle in ended))


async def all_are_at(platform: Platform, job_id: UUID, stage: LanguageStage) -> None:
    """Every target's row says so."""

    async def are() -> bool:
        async with platform.database.begin() as session:
            rows = await languages.of_job(session, job_id)
        return {row.stage for row in rows if not row.is_source} == {stage} and len(rows) == 1 + len(LANGUAGES)

    await eventually(are, seconds=_PATIENCE_S)
