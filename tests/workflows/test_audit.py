"""Decisions in the audit log: written with the snapshot that shows them, once, whoever sent them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.client import WorkflowUpdateFailedError

from schema.contracts.job import JobDecision, JobSnapshot
from schema.contracts.language import LanguageDecision
from schema.contracts.people import Actor
from schema.enums import AssetKind, JobAction, JobStatus, LanguageAction, Role
from schema.queries import assets
from schema.queries.jobs import job_ref
from schema.queries.projection import write_job
from schema.tables import Asset, AuditEntry, now
from tests.workflows.platform import SPANISH, Platform, eventually, refusal
from workflows import names


async def _entries(platform: Platform, thing_id: object) -> Sequence[AuditEntry]:
    async with platform.database.begin() as session:
        found = await session.scalars(
            sa.select(AuditEntry)
            .where(col(AuditEntry.thing_id) == str(thing_id))
            .order_by(col(AuditEntry.created_at))
        )
        return found.all()


async def test_what_staff_decide_in_temporals_ui_is_recorded(platform: Platform) -> None:
    job_id = await platform.to_source_qc()
    decision = {"action": "reject", "reason": "The wrong film."}
    await platform.client.get_workflow_handle(names.job_workflow_id(job_id)).signal("decide", decision)
    await platform.until(job_id, JobStatus.REJECTED)
    (entry,) = await _entries(platform, job_id)
    assert (entry.action, entry.actor_id, entry.address) == ("job.reject", None, None)
    assert entry.before == {"status": "pending_qc"}
    assert entry.after == {"status": "rejected", "reason": "The wrong film.", "by": "Temporal UI"}


async def test_a_decision_whose_sender_died_is_recorded_once(platform: Platform) -> None:
    """Sent again, it is the same decision; the snapshot that shows it may be written twice, too."""
    job_id = await platform.to_source_qc()
    someone, one = Actor(user_id=uuid4(), name="Rae", role=Role.REVIEWER), uuid4().hex
    decision = JobDecision(
        action=JobAction.APPROVE_SOURCE, actor=someone, id=one, address="2001:DB8::1", revision=None
    )

    async def send() -> None:
        await platform.job(job_id).execute_update(names.DECIDE, decision, id=one)

    sender = asyncio.create_task(send())
    await eventually(lambda: _recorded(platform, job_id))
    sender.cancel()
    await asyncio.gather(sender, return_exceptions=True)
    await send()
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    row = await platform.row(job_id)
    again = JobSnapshot(
        job=job_ref(row),
        state=await platform.state(job_id),
        sequence=10_000,
        run_id="another",
        event=decision.action.value,
        actor=someone,
        decision=decision,
        before=JobStatus.PENDING_QC,
    )
    async with platform.database.begin() as session:
        await write_job(session, again, now())
    (entry,) = await _entries(platform, job_id)
    assert (entry.action, entry.actor_id, entry.address) == (
        "job.approve_source", someone.user_id, "2001:db8::1",
    )  # fmt: skip


async def _recorded(platform: Platform, thing_id: object) -> bool:
    return bool(await _entries(platform, thing_id))


async def test_what_is_refused_is_not_recorded(platform: Platform) -> None:
    job_id = await platform.to_source_qc()
    with pytest.raises(WorkflowUpdateFailedError):
        await platform.decide(job_id, JobAction.COMPLETE)
    assert await _entries(platform, job_id) == []


async def test_decisions_about_a_language_say_what_was_decided(platform: Platform) -> None:
    job_id = await platform.to_languages()
    person = await platform.assign(job_id, "es")
    (entry,) = await _entries(platform, f"{job_id}/es")
    assert (entry.action, entry.thing) == ("language.assign", "language")
    assert entry.before == {"qc_state": "unassigned"}
    assert entry.after["person_id"] == str(person)
    assert entry.after["qc_state"] == "assigned"


async def test_assigning_whoever_is_assigned_gives_a_date_and_takes_nothing_back(platform: Platform) -> None:
    job_id = await platform.to_languages()
    person = await platform.assign(job_id, "es")
    await platform.decide_language(job_id, "es", LanguageAction.START_WORK)
    again = LanguageDecision(
        action=LanguageAction.REASSIGN, person_id=person, due_at="2026-12-24T13:00:00+01:00"
    )
    decided = await platform.language(job_id, "es").execute_update(names.DECIDE, again)
    assert decided["qc_state"] == "in_progress"
    state = await platform.language_state(job_id, "es")
    assert state.due_at is not None
    assert state.due_at.isoformat() == "2026-12-24T12:00:00+00:00"


async def test_a_job_is_not_complete_while_a_description_is_not_heard(platform: Platform) -> None:
    job_id = await platform.to_final_review(SPANISH)
    sentence = "The description at 0:04 cannot keep its pause point."
    await _planned(platform, job_id, [sentence])
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await platform.decide(job_id, JobAction.COMPLETE)
    said = refusal(refused.value).details[0]
    assert (said["code"], said["findings"]) == ("blocking_findings", [f"es: {sentence}"])
    await _planned(platform, job_id, [])
    assert (await platform.decide(job_id, JobAction.COMPLETE)).status is JobStatus.COMPLETED


async def _planned(platform: Platform, job_id: UUID, unheard: list[str]) -> None:
    plan = Asset(
        job_id=job_id,
        language="es",
        kind=AssetKind.PLAN,
        object_name="plan.json",
        content_type="application/json",
        size_bytes=1,
        details={"unheard": unheard},
    )
    async with platform.database.begin() as session:
        await assets.put(session, plan)
