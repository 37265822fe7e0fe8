"""Who is mailed of decisions, and what a digest holds: from the workflow to what lands in a mailbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import SQLModel, col
from temporalio.testing import ActivityEnvironment

from activities.maintenance.digests import SETTLED, DigestActivities
from schema.contracts.people import Actor
from schema.contracts.sweeps import Cursor, Swept
from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, MailKind, QCState, Role
from schema.queries import digests, mails
from schema.queries.digests import Group
from schema.tables import ClientManager, JobLanguage, Mail, Membership, Team, TeamMember, User
from tests.factories import insert_job, make_job
from tests.workflows.platform import PLAIN, REVIEWER, Platform, eventually
from workflows import names
from workflows.start import start_mail


async def person(platform: Platform, org_id: UUID, role: Role = Role.LINGUIST, **more: Any) -> User:
    user = User(email=f"{uuid4().hex}@example.org", name="Lee", role=role, **more)
    async with platform.database.begin() as session:
        session.add(user)
        await session.flush()
        session.add(Membership(org_id=org_id, user_id=user.id))
    return user


async def kinds(platform: Platform, user_id: UUID) -> list[MailKind]:
    """Of what was written for somebody, in order."""
    async with platform.database.begin() as session:
        found = await session.scalars(
            sa.select(col(Mail.kind)).where(col(Mail.user_id) == user_id).order_by(col(Mail.created_at))
        )
        return list(found)


async def gets(platform: Platform, user: User, *subjects: str) -> None:
    """These, and no other is on its way."""
    await eventually(lambda: platform.workers.mailbox.of(user.email) == list(subjects))
    assert len(await kinds(platform, user.id)) == len(subjects)


async def test_of_a_language_its_people_are_told(platform: Platform) -> None:
    job_id = await platform.to_languages()
    job = await platform.row(job_id)
    linguist, other, reviewer = [await person(platform, job.org_id, role) for role in (
        Role.LINGUIST, Role.LINGUIST, Role.REVIEWER
    )]  # fmt: skip
    decide = platform.decide_language
    await decide(job_id, "es", LanguageAction.ASSIGN, person_id=other.id)
    await decide(job_id, "es", LanguageAction.REASSIGN, person_id=linguist.id)
    await decide(job_id, "es", LanguageAction.ASSIGN_REVIEWER, person_id=reviewer.id)
    named = f"{job.title} (es)"
    await gets(platform, other, f"For you: {named}", f"No longer yours: {named}")
    await decide(job_id, "es", LanguageAction.START_WORK)
    await decide(job_id, "es", LanguageAction.SUBMIT)
    await decide(job_id, "es", LanguageAction.OPEN_REVIEW)
    await decide(job_id, "es", LanguageAction.REJECT, reason="Too literal.")
    await gets(platform, linguist, f"For you: {named}", f"Please look again: {named}")
    own = Actor(user_id=linguist.id, name=linguist.name, role=Role.LINGUIST)
    await decide(job_id, "es", LanguageAction.REOPEN, actor=own)
    await decide(job_id, "es", LanguageAction.SUBMIT)
    await decide(job_id, "es", LanguageAction.OPEN_REVIEW)
    await decide(job_id, "es", LanguageAction.APPROVE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.RETURN_TO_QC, languages=("es",), reason="The names are wrong.")
    await gets(
        platform, linguist, f"For you: {named}", f"Please look again: {named}", f"Back to you: {named}"
    )
    await gets(platform, reviewer, f"For you: {named}", f"Back to you: {named}")


async def test_of_the_source_texts_its_people_are_told(platform: Platform) -> None:
    job_id = await platform.to_source_qc(PLAIN)
    job = await platform.row(job_id)
    linguist, other, reviewer = [await person(platform, job.org_id, role) for role in (
        Role.LINGUIST, Role.LINGUIST, Role.REVIEWER
    )]  # fmt: skip
    assign = JobAction.ASSIGN_SOURCE
    await platform.decide(job_id, assign, person_id=other.id)
    await platform.decide(job_id, assign, person_id=linguist.id)
    await platform.decide(job_id, assign, person_id=reviewer.id, as_reviewer=True)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await platform.decide(job_id, assign, person_id=linguist.id, due_at=tomorrow)
    named = f"{job.title} (en)"
    await gets(platform, other, f"For you: {named}", f"No longer yours: {named}")
    await gets(platform, linguist, f"For you: {named}")
    await gets(platform, reviewer, f"For you: {named}")


async def test_of_a_job_its_creator_is_told_once(platform: Platform) -> None:
    job_id = await platform.to_source_qc(PLAIN)
    job = await platform.row(job_id)
    async with platform.database.begin() as session:
        creator = await session.get_one(User, job.creator_id)
    decision = uuid4().hex
    for _ in range(2):
        await platform.decide(job_id, JobAction.REJECT, reason="No sound.", id=decision)
    await platform.decide(job_id, JobAction.PROMOTE_TO_QC)
    await platform.decide(job_id, JobAction.BLOCKED_ON_SOURCE, reason="The video is cut off.")
    await platform.decide(job_id, JobAction.RETRY)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.COMPLETE)
    told = [
        f"Rejected: {job.title}",
        f"Something is wrong with the video: {job.title}",
        f"Finished: {job.title}",
    ]
    await gets(platform, creator, *told)


async def test_nobody_is_told_of_what_they_did_themself(platform: Platform) -> None:
    job_id = await platform.to_source_qc(PLAIN)
    creator_id = (await platform.row(job_id)).creator_id
    own = REVIEWER.model_copy(update={"user_id": creator_id})
    await platform.decide(job_id, JobAction.REJECT, reason="My mistake.", actor=own)
    assert await kinds(platform, creator_id) == []


async def test_a_mail_that_was_ended_by_hand_is_dropped(platform: Platform) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    job = await make_job(platform.database, PLAIN)
    mail = Mail(kind=MailKind.JOB_COMPLETED, user_id=job.creator_id, about={"job_id": str(job.id)})
    mail.created_at = long_ago
    async with platform.workers.nobody_decides():
        async with platform.database.begin() as session:
            session.add(mail)
        await start_mail(platform.client, mail.id, mail.kind)
        await platform.client.get_workflow_handle(names.mail_workflow_id(mail.id)).terminate("not this one")

    async def is_dropped() -> bool:
        await platform.start_orphans()
        async with platform.database.begin() as session:
            return (await session.get_one(Mail, mail.id)).dropped_at is not None

    await eventually(is_dropped)


# Digests


async def send(platform: Platform, until: datetime, since: datetime | None = None) -> Swept:
    environment = ActivityEnvironment(client=platform.client)
    environment.info = replace(environment.info, scheduled_time=until + SETTLED)
    activities = DigestActivities(platform.database, platform.client, start_mail)
    return await environment.run(activities.send_digests, Cursor(since=since))


async def told(
    platform: Platform, user: User, since: datetime, until: datetime
) -> list[tuple[Group, str | None]]:
    async with platform.database.begin() as session:
        found = await digests.of(session, user.id, since, until, each=100)
        everybody = await digests.people(session, since, until)
    assert (user.id in everybody) is bool(found)
    return sorted((group, item.language) for group, of in found.items() for item in of.items)


async def test_a_digest_tells_each_what_is_theirs(platform: Platform) -> None:
    at = datetime.now(UTC) - timedelta(days=400)  # when nothing else in the database happened
    since, until = at - timedelta(minutes=10), at + timedelta(minutes=5)
    heard: dict[str, Any] = {"projected_at": at, "started_at": at}
    first = await make_job(platform.database, PLAIN, status=JobStatus.PENDING_QC, **heard)
    whose = {"org_id": first.org_id, "client_id": first.client_id, "project_id": first.project_id}
    people = {role: await person(platform, first.org_id, role) for role in Role if role is not Role.ADMIN}
    outsider = await person(platform, first.org_id, Role.REVIEWER)
    service = await person(platform, first.org_id, Role.PRODUCTION, is_service=True)
    team = Team(client_id=first.client_id, name="Team")
    rows: list[SQLModel] = [
        team,
        ClientManager(client_id=first.client_id, user_id=people[Role.PROJECT_MANAGER].id),
        *(TeamMember(team_id=team.id, user_id=people[role].id) for role in (Role.LINGUIST, Role.REVIEWER)),
    ]
    linguist, reviewer = people[Role.LINGUIST], people[Role.REVIEWER]
    working = {"stage": LanguageStage.LANGUAGE_QC, "linguist_id": linguist.id, "reviewer_id": reviewer.id}
    late, tomorrow = at, at + timedelta(days=1)
    states = {
        "es": {"qc_state": QCState.IN_PROGRESS, "due_at": late, "review_due_at": late},
        "de": {"qc_state": QCState.ASSIGNED, "due_at": tomorrow},
        "fr": {"qc_state": QCState.SUBMITTED, "due_at": late, "projected_at": at},
        "it": {"qc_state": QCState.APPROVED, "due_at": late, "review_due_at": late, "projected_at": at},
    }
    whole = {**whose, "creator_id": first.creator_id, **heard}
    for status in (JobStatus.CANCELLED, JobStatus.LANGUAGE_QC):  # of a cancelled job nobody is told
        job = await insert_job(platform.database, PLAIN, **whole, status=status)
        rows += [JobLanguage(job_id=job.id, language=code, **working, **of) for code, of in states.items()]
    async with platform.database.begin() as session:
        for row in rows:
            session.add(row)
            await session.flush()
    for status in (JobStatus.PENDING_FINAL_REVIEW, JobStatus.FAILED):
        await insert_job(platform.database, PLAIN, **whole, status=status)
    source = {"language": "en", "is_source": True, "linguist_id": linguist.id, "reviewer_id": reviewer.id}
    assigned = await insert_job(platform.database, PLAIN, **whole, status=JobStatus.PENDING_QC)
    async with platform.database.begin() as session:
        await session.execute(
            sa.update(JobLanguage)
            .where(col(JobLanguage.job_id) == assigned.id)
            .values(**source, due_at=late, review_due_at=tomorrow)
        )
    expected = {
        Role.LINGUIST: [
            (Group.DUE_TOMORROW, "de"),
            (Group.OVERDUE, "en"),
            (Group.OVERDUE, "es"),
            (Group.SOURCE_QC, None),
        ],
        Role.REVIEWER: [
            (Group.DUE_TOMORROW, "en"),
            (Group.SOURCE_QC, None),
            (Group.SOURCE_QC, None),
            (Group.TO_REVIEW, "fr"),
        ],
        Role.PROJECT_MANAGER: [(Group.FINAL_REVIEW, None)],
        Role.PRODUCTION: [(Group.FAILED, None)],
        Role.CLIENT: [],
    }
    for role, items in expected.items():
        assert await told(platform, people[role], since, until) == items, role
        assert await told(platform, people[role], until, until + timedelta(minutes=15)) == [], role
    assert await told(platform, outsider, since, until) == []
    for _ in range(2):
        swept = await send(platform, until, since)
    assert swept.cursor == Cursor(since=until)
    for role, items in expected.items():
        assert await kinds(platform, people[role].id) == ([MailKind.DIGEST] if items else [])
    assert await kinds(platform, service.id) == []
    await gets(platform, linguist, "What waits for you")
    (mail,) = [each for each in platform.workers.mailbox.mails if linguist.email in str(each["To"])]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Overdue:" in text and f"{job.title} (es)" in text and f"/jobs/{job.id}/languages/de" in text


async def test_what_is_written_a_little_later_than_it_says_is_told_by_the_next_digest(
    platform: Platform,
) -> None:
    """Its writing was asked for before a digest began, and it was there after that had looked."""
    at = datetime.now(UTC) - timedelta(days=450)
    began = at + timedelta(seconds=1)
    digest = DigestActivities(platform.database, platform.client, start_mail).send_digests
    environment = ActivityEnvironment(client=platform.client)
    environment.info = replace(environment.info, scheduled_time=began)
    first = await environment.run(digest, Cursor(since=at - timedelta(minutes=15)))
    job = await make_job(platform.database, PLAIN, status=JobStatus.FAILED, projected_at=at, started_at=at)
    production = await person(platform, job.org_id, Role.PRODUCTION)
    environment.info = replace(environment.info, scheduled_time=began + timedelta(minutes=15))
    await environment.run(digest, first.cursor)
    assert await kinds(platform, production.id) == [MailKind.DIGEST]


async def test_after_an_outage_a_digest_goes_back_a_day_at_most(platform: Platform) -> None:
    until = datetime.now(UTC) - timedelta(days=500)
    swept = await send(platform, until, until - timedelta(days=30))
    assert (swept.looked_at, swept.cursor) == (0, Cursor(since=until))
    assert (await send(platform, until)).failed == 0
    async with platform.database.begin() as session:
        assert await mails.tell(session, "x", MailKind.DIGEST, [None]) == []
