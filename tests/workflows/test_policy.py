"""Final review that completes by itself, where the client wants it."""

from __future__ import annotations

from functools import partial
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.maintenance.policy import PolicyActivities
from schema.enums import AssetKind, JobAction, JobStatus, LanguageAction, LanguageStage
from schema.queries import assets, policy
from schema.tables import Asset, AuditEntry, Client, Job, TextFindings, TextVersion
from tests.workflows.platform import SPANISH, Platform, eventually


async def sweep(platform: Platform) -> None:
    await ActivityEnvironment(client=platform.client).run(
        PolicyActivities(platform.database, platform.client).complete_by_policy
    )


async def is_wanted(platform: Platform, job_id: UUID, wanted: bool = True) -> None:
    client_id = (await platform.row(job_id)).client_id
    async with platform.database.begin() as session:
        await session.execute(
            sa.update(Client).where(col(Client.id) == client_id).values(completes_itself=wanted)
        )


async def judge(platform: Platform, job_id: UUID, blocking: int = 0) -> None:
    """As the API does when it shows or approves a text."""
    async with platform.database.begin() as session:
        versions = await session.scalars(
            sa.select(col(TextVersion.id)).where(col(TextVersion.job_id) == job_id)
        )
        for version_id in versions.all():
            found = TextFindings(
                version_id=version_id,
                rules=1,
                basis_hash="",
                cues=1,
                blocking=blocking,
                warnings=0,
                findings=[],
            )
            await session.merge(found)


async def again(platform: Platform, job_id: UUID) -> None:
    """Its speech is made again, and it waits in final review."""
    await platform.ended(platform.job(job_id))
    await platform.decide_anew(job_id, JobAction.RETRY_TTS, language="es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)


async def is_ripe(platform: Platform, job_id: UUID) -> bool:
    async with platform.database.begin() as session:
        return await policy.ripe(session, job_id) is not None


async def test_what_was_completed_with_the_same_texts_completes_by_itself(platform: Platform) -> None:
    job_id = await platform.to_final_review()
    await is_wanted(platform, job_id)
    await judge(platform, job_id)
    assert not await is_ripe(platform, job_id), "the first completion is a person's"
    await platform.decide(job_id, JobAction.COMPLETE)
    await again(platform, job_id)
    await sweep(platform)
    await platform.until(job_id, JobStatus.COMPLETED)
    async with platform.database.begin() as session:
        entries = await session.scalars(
            sa.select(AuditEntry)
            .where(col(AuditEntry.thing_id) == str(job_id), col(AuditEntry.action) == "job.complete")
            .order_by(col(AuditEntry.created_at))
        )
        last = entries.all()[-1]
    assert last.actor_id is None
    assert (last.after or {})["by"] == "The client's policy"


async def test_one_whose_history_goes_on_in_another_run_completes_too(platform: Platform) -> None:
    """Its row tells of the run before, for nothing has happened since."""
    job_id = await platform.to_final_review()
    await is_wanted(platform, job_id)
    await judge(platform, job_id)
    await platform.decide(job_id, JobAction.COMPLETE)
    await again(platform, job_id)
    async with platform.database.begin() as session:
        await session.execute(sa.update(Job).where(col(Job.id) == job_id).values(run_id=str(uuid4())))
    await sweep(platform)
    await platform.until(job_id, JobStatus.COMPLETED)


async def test_a_person_is_needed_where_it_is_not_wanted_or_something_blocks(platform: Platform) -> None:
    job_id = await platform.to_final_review()
    await platform.decide(job_id, JobAction.COMPLETE)
    await again(platform, job_id)
    await judge(platform, job_id)
    async with platform.database.begin() as session:
        assert job_id not in await policy.waiting(session, limit=10_000), "it is off by default"
    await is_wanted(platform, job_id)
    async with platform.database.begin() as session:
        assert job_id in await policy.waiting(session, limit=10_000)
    assert await is_ripe(platform, job_id)
    await judge(platform, job_id, blocking=1)
    assert not await is_ripe(platform, job_id)


async def test_a_workflow_is_not_asked_each_minute_for_what_it_refuses(platform: Platform) -> None:
    """Its history would grow for as long as it waits for a person."""
    job_id = await platform.to_final_review()
    await is_wanted(platform, job_id)
    await judge(platform, job_id)
    await platform.decide(job_id, JobAction.COMPLETE)
    await again(platform, job_id)
    assert await is_ripe(platform, job_id)
    of_plan = sa.and_(col(Asset.job_id) == job_id, col(Asset.kind) == AssetKind.PLAN)
    of_video = sa.and_(col(Asset.job_id) == job_id, col(Asset.kind) == AssetKind.ACCESSIBLE_VIDEO_MP4)
    plan = Asset(
        job_id=job_id, language="es", kind=AssetKind.PLAN, object_name=f"jobs/{job_id}/plan.json",
        content_type="application/json", size_bytes=1, details={"unheard": ["At 0:12 nothing is heard."]},
    )  # fmt: skip
    async with platform.database.begin() as session:
        await assets.put(session, plan)
    assert not await is_ripe(platform, job_id)
    async with platform.database.begin() as session:
        await session.execute(sa.delete(Asset).where(of_plan))
    assert await is_ripe(platform, job_id)
    async with platform.database.begin() as session:
        await session.execute(sa.delete(Asset).where(of_video))
    assert not await is_ripe(platform, job_id)


async def test_other_texts_need_a_person(platform: Platform) -> None:
    job_id = await platform.to_final_review()
    await is_wanted(platform, job_id)
    await platform.decide(job_id, JobAction.COMPLETE)
    await platform.ended(platform.job(job_id))
    await platform.decide_anew(job_id, JobAction.RETURN_TO_QC, reason="Another word.", languages=("es",))
    await eventually(partial(platform.is_open, platform.language(job_id, "es")))
    async with platform.database.begin() as session:
        row = await session.scalar(
            sa.select(TextVersion)
            .where(col(TextVersion.job_id) == job_id, col(TextVersion.language) == "es")
            .limit(1)
        )
        assert row is not None
        session.add(
            TextVersion(
                job_id=job_id, language="es", kind=row.kind, version=99, content=row.content,
                origin=row.origin, sources=row.sources,
            )
        )  # fmt: skip
    for action in (LanguageAction.SUBMIT, LanguageAction.OPEN_REVIEW, LanguageAction.APPROVE):
        await platform.decide_language(job_id, "es", action)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await judge(platform, job_id)
    assert not await is_ripe(platform, job_id)
    await sweep(platform)
    assert (await platform.state(job_id)).status is JobStatus.PENDING_FINAL_REVIEW


async def test_a_completed_job_is_asked_for_another_language(platform: Platform) -> None:
    job_id = await platform.to_final_review()
    await platform.decide(job_id, JobAction.COMPLETE)
    await platform.ended(platform.job(job_id))
    more = SPANISH.model_copy(update={"languages": ("es", "fr")})
    await platform.decide_anew(job_id, JobAction.CHANGE_OUTPUTS, outputs=more)
    await platform.until_stage(job_id, "fr", LanguageStage.LANGUAGE_QC)
    assert (await platform.language_state(job_id, "es")).stage is LanguageStage.READY
