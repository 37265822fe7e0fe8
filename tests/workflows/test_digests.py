"""How much a digest tells, and what it does not tell again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from schema.enums import JobAction, JobStatus, LanguageStage, QCState, Role, Urgency
from schema.queries import digests
from schema.queries.digests import Group
from schema.tables import JobEvent, JobLanguage
from tests.factories import insert_job, make_job
from tests.workflows.platform import PLAIN, Platform
from tests.workflows.test_mails import gets, person, send, told


async def test_of_very_many_things_a_digest_says_how_many_and_leaves_out_none_of_the_others(
    platform: Platform,
) -> None:
    """As when a provider was away: what is due tomorrow comes after all that has failed, and was not told."""
    at = datetime.now(UTC) - timedelta(days=600)
    since, until = at - timedelta(minutes=10), at + timedelta(minutes=5)
    heard: dict[str, Any] = {"projected_at": at, "started_at": at}
    first = await make_job(platform.database, PLAIN, status=JobStatus.FAILED, **heard)
    whose = {name: getattr(first, name) for name in ("org_id", "client_id", "project_id", "creator_id")}
    for _ in range(229):
        await insert_job(platform.database, PLAIN, **whose, **heard, status=JobStatus.FAILED)
    lead = await person(platform, first.org_id, Role.PRODUCTION)
    due = await insert_job(platform.database, PLAIN, **whose, **heard, status=JobStatus.LANGUAGE_QC)
    working = {"stage": LanguageStage.LANGUAGE_QC, "qc_state": QCState.IN_PROGRESS, "linguist_id": lead.id}
    async with platform.database.begin() as session:
        session.add(JobLanguage(job_id=due.id, language="es", due_at=at + timedelta(days=1), **working))
    async with platform.database.begin() as session:
        found = await digests.of(session, lead.id, since, until, each=20)
    sizes = {group: (len(of.items), of.number) for group, of in found.items()}
    assert sizes == {Group.DUE_TOMORROW: (1, 1), Group.FAILED: (20, 230)}
    await send(platform, until, since)
    await gets(platform, lead, "What waits for you")
    (mail,) = [each for each in platform.workers.mailbox.mails if lead.email in str(each["To"])]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "and 210 more" in text and f"/jobs/{due.id}/languages/es" in text


async def test_a_job_that_waits_is_told_of_once_whatever_is_said_of_it_meanwhile(platform: Platform) -> None:
    job_id = await platform.to_source_qc(PLAIN)
    reviewer = await person(platform, (await platform.row(job_id)).org_id, Role.REVIEWER)
    await platform.decide(job_id, JobAction.ASSIGN_SOURCE, person_id=reviewer.id, as_reviewer=True)
    first = await _heard(platform, job_id)
    assert await told(platform, reviewer, first - timedelta(hours=1), first) == [(Group.SOURCE_QC, None)]
    await _a_while_ago(platform, job_id)
    await platform.decide(job_id, JobAction.CHANGE_PRIORITY, priority=Urgency.RUSH)
    again = await _heard(platform, job_id)
    assert again > first
    assert await told(platform, reviewer, first, again) == []
    await platform.decide(job_id, JobAction.REJECT, reason="No sound.")
    await platform.decide(job_id, JobAction.PROMOTE_TO_QC)
    back = await _heard(platform, job_id)
    assert await told(platform, reviewer, again, back) == [(Group.SOURCE_QC, None)]


async def _heard(platform: Platform, job_id: UUID) -> datetime:
    at = (await platform.row(job_id)).projected_at
    assert at is not None
    return at


async def _a_while_ago(platform: Platform, job_id: UUID) -> None:
    """All that happened to the job happened ten minutes earlier."""
    earlier = col(JobEvent.at) - timedelta(minutes=10)
    async with platform.database.begin() as session:
        await session.execute(sa.update(JobEvent).where(col(JobEvent.job_id) == job_id).values(at=earlier))
