"""The outbox: who gets which mail, what it says when it is sent, and that nothing is lost or sent in vain."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.client import Client
from temporalio.worker import Worker

from activities.errors import ClassifyErrors
from activities.mail.contents import Place
from activities.mail.outbox import MailActivities
from activities.mail.smtp import SmtpMailer
from activities.ports import Mailer, MailRefused
from schema import links
from schema.contracts.job import JobSnapshot, JobState
from schema.contracts.language import LanguageState
from schema.contracts.mails import MailInput, MailOutcome, MailResult
from schema.contracts.outputs import RequestedOutputs
from schema.db import Database
from schema.enums import BriefStatus, JobStatus, LanguageStage, MailKind, Role
from schema.errors import Unavailable
from schema.links import Purpose
from schema.queries import jobs, mails
from schema.queries.projection import write_job
from schema.tables import (
    Brief,
    Invitation,
    Job,
    JobLanguage,
    Mail,
    Membership,
    Organization,
    PasswordReset,
    User,
    now,
)
from tests.factories import make_job
from tests.fakes.mail_server import mail_server
from tests.namespaces import own_namespace
from workers.registry import SANDBOX
from workflows import names
from workflows.mail import MailWorkflow

PLACE = Place("https://studio.example.org/", "a secret")


class Taken:
    """Keeps what it is given; `error` is raised instead."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.error: Exception | None = None

    async def send(self, message: EmailMessage) -> None:
        if self.error:
            raise self.error
        self.messages.append(message)

    @property
    def text(self) -> str:
        body = self.messages[-1].get_body(("plain",))
        assert body is not None
        return str(body.get_content())


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
def send(database: Database, taken: Taken) -> Callable[[Mail], Awaitable[MailResult]]:
    activities = MailActivities(database, taken, PLACE, "Studio <no-reply@studio.example>")
    return lambda mail: activities.send_mail(MailInput(mail_id=mail.id))


async def put(database: Database, kind: MailKind, user: User | None, **about: Any) -> Mail:
    async with database.begin() as session:
        return mails.put(session, kind, user.id if user else None, **about)


async def make_user(database: Database, **changes: Any) -> User:
    user = User(**{"email": f"{uuid4().hex}@example.org", "name": "Ada", "role": Role.LINGUIST, **changes})
    async with database.begin() as session:
        session.add(user)
    return user


async def make_invitation(database: Database, **changes: Any) -> Invitation:
    host, org = await make_user(database), Organization(name=uuid4().hex)
    made = {
        "org_id": org.id,
        "email": f"{uuid4().hex}@example.org",
        "role": Role.LINGUIST,
        "invited_by": host.id,
        "link_hash": uuid4().hex,
        "expires_at": now() + timedelta(days=1),
    }
    invitation = Invitation(**{**made, **changes})
    async with database.begin() as session:
        session.add(org)
        await session.flush()
        session.add(invitation)
    return invitation


async def read(database: Database, mail: Mail) -> Mail:
    async with database.begin() as session:
        found = await session.get(Mail, mail.id)
    assert found is not None
    return found


async def test_an_invitation_carries_the_link_of_its_counter(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]]
) -> None:
    invitation = await make_invitation(database, counter=3)
    about = {"invitation_id": invitation.id, "counter": 3}
    mail = await put(database, MailKind.INVITATION, None, **about)
    assert (await send(mail)).outcome is MailOutcome.SENT
    found = re.search(r"https://studio\.example\.org/invitation#token=(\S+)", taken.text)
    assert found and found[1] == links.token("a secret", Purpose.INVITATION, invitation.id, 3)
    assert taken.messages[0]["To"] == f'"{invitation.email}" <{invitation.email}>'
    stored = await read(database, mail)
    assert stored.sent_at is not None and found[1] not in str(stored.model_dump())


@pytest.mark.parametrize("passed", ["accepted_at", "revoked_at", "expires_at"])
async def test_an_invitation_that_has_passed_is_dropped(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]], passed: str
) -> None:
    invitation = await make_invitation(database, **{passed: now() - timedelta(minutes=1)})
    mail = await put(database, MailKind.INVITATION, None, invitation_id=invitation.id, counter=1)
    assert (await send(mail)).outcome is MailOutcome.DROPPED
    assert taken.messages == [] and (await read(database, mail)).dropped_at is not None


async def test_a_mail_of_a_link_that_was_replaced_is_dropped(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]]
) -> None:
    invitation = await make_invitation(database, counter=2)
    mail = await put(database, MailKind.INVITATION, None, invitation_id=invitation.id, counter=1)
    assert (await send(mail)).outcome is MailOutcome.DROPPED


async def test_a_reset_can_be_sent_even_where_all_mails_are_off(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]]
) -> None:
    user = await make_user(database, mails_off=[kind.value for kind in MailKind])
    reset = PasswordReset(user_id=user.id, link_hash=uuid4().hex, expires_at=now() + timedelta(hours=1))
    async with database.begin() as session:
        session.add(reset)
    mail = await put(database, MailKind.PASSWORD_RESET, user, reset_id=reset.id)
    assert (await send(mail)).outcome is MailOutcome.SENT
    assert links.token("a secret", Purpose.PASSWORD_RESET, reset.id) in taken.text


async def _of_job(database: Database, **changes: Any) -> tuple[Job, User]:
    """And somebody who sees it."""
    job = await make_job(
        database, RequestedOutputs(captions_vtt=True, languages=("es",)), title="The\nKeeper", **changes
    )
    return job, await colleague(database, job)


async def colleague(database: Database, job: Job, **changes: Any) -> User:
    user = await make_user(database, **{"role": Role.PRODUCTION, **changes})
    async with database.begin() as session:
        session.add(Membership(org_id=job.org_id, user_id=user.id))
    return user


OF_JOBS = [kind for kind in MailKind if kind.value.startswith(("job_", "language_"))]


@pytest.mark.parametrize("kind", OF_JOBS)
async def test_what_happened_to_a_job_is_told_with_its_title_and_a_link(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]], kind: MailKind
) -> None:
    job, user = await _of_job(database)
    mail = await put(database, kind, user, job_id=job.id, language="en")
    assert (await send(mail)).outcome is MailOutcome.SENT
    assert "The Keeper" in taken.messages[0]["Subject"]
    assert (f"https://studio.example.org/jobs/{job.id}" in taken.text) is (
        kind is not MailKind.LANGUAGE_TAKEN_AWAY
    )
    assert "Your profile says which mails you get" in taken.text


@pytest.mark.parametrize("code", ["es", "en"])
async def test_who_gets_a_language_back_reads_why_at_once(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]], code: str
) -> None:
    """The mail may be sent before the language's own workflow hears of it, which has another reason in its row still."""
    job, user = await _of_job(database)
    job_ref, outputs = jobs.job_ref(job), RequestedOutputs(languages=("es",))
    why, earlier = "The names are wrong.", "Too literal."
    async with database.begin() as session:
        await session.execute(
            sa.update(JobLanguage)
            .where(col(JobLanguage.job_id) == job.id)
            .values(linguist_id=user.id, reason=earlier, revision=1)
        )
        spanish = LanguageState(language="es", stage=LanguageStage.LANGUAGE_QC, revision=2, reason=why)
        state = JobState(
            outputs=outputs, status=JobStatus.LANGUAGE_QC, reason=why, languages={"es": spanish}, revision=2
        )
        snapshot = JobSnapshot(job=job_ref, state=state, sequence=1, run_id="run", event="return_to_qc")
        assert await write_job(session, snapshot, now())
    mail = await put(database, MailKind.LANGUAGE_RETURNED, user, job_id=job.id, language=code)
    assert (await send(mail)).outcome is MailOutcome.SENT
    assert why in taken.text
    assert earlier not in taken.text


async def test_who_does_not_see_the_job_any_more_is_told_nothing_of_it(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]]
) -> None:
    job, _ = await _of_job(database)
    stranger = await make_user(database, role=Role.PRODUCTION)
    for kind in OF_JOBS:
        mail = await put(database, kind, stranger, job_id=job.id, language="en")
        assert (await send(mail)).outcome is MailOutcome.DROPPED, kind
    linguist = await colleague(database, job, role=Role.LINGUIST)
    for kind, outcome in (
        (MailKind.LANGUAGE_ASSIGNED, MailOutcome.DROPPED),
        (MailKind.LANGUAGE_TAKEN_AWAY, MailOutcome.SENT),
    ):
        mail = await put(database, kind, linguist, job_id=job.id, language="en")
        assert (await send(mail)).outcome is outcome, kind
    assert len(taken.messages) == 1


async def test_a_mail_is_in_its_readers_language_and_time(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]]
) -> None:
    job, _ = await _of_job(database)
    due = datetime(2030, 5, 2, 22, 30, tzinfo=UTC)
    about = {"language": "es-MX", "time_zone": "America/Mexico_City", "role": Role.REVIEWER}
    reviewer = await colleague(database, job, **about)
    row = JobLanguage(job_id=job.id, language="es", reviewer_id=reviewer.id, due_at=now(), review_due_at=due)
    async with database.begin() as session:
        session.add(row)
    await send(await put(database, MailKind.LANGUAGE_ASSIGNED, reviewer, job_id=job.id, language="es"))
    assert taken.messages[0]["Subject"] == "Para usted: The Keeper (es)"
    assert (
        "Hola, Ada:" in taken.text and "Fecha límite: 2 mayo 2030, 16:30 (America/Mexico_City)" in taken.text
    )
    html = taken.messages[0].get_body(("html",))
    assert html is not None and '<html lang="es">' in html.get_content()


@pytest.mark.parametrize("kind", [MailKind.BRIEF_SUBMITTED, MailKind.BRIEF_APPROVED, MailKind.BRIEF_RETURNED])
async def test_of_a_brief_what_still_holds_is_told(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]], kind: MailKind
) -> None:
    job, user = await _of_job(database)
    stands = {"brief_submitted": "submitted", "brief_approved": "approved", "brief_returned": "draft"}[kind]
    brief = Brief(org_id=job.org_id, client_id=job.client_id, title="Evening news", reason="Which languages?")
    brief.status = BriefStatus(stands)
    async with database.begin() as session:
        session.add(brief)
    assert (await send(await put(database, kind, user, brief_id=brief.id))).outcome is MailOutcome.SENT
    assert f"https://studio.example.org/briefs/{brief.id}" in taken.text and "Which languages?" in taken.text
    other = BriefStatus.APPROVED if stands != "approved" else BriefStatus.DRAFT
    async with database.begin() as session:
        (await session.get_one(Brief, brief.id)).status = other
    assert (await send(await put(database, kind, user, brief_id=brief.id))).outcome is MailOutcome.DROPPED


@pytest.mark.parametrize("gone", ["deleted_at", "disabled_at"])
async def test_who_is_gone_gets_none(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]], gone: str
) -> None:
    job, _ = await _of_job(database)
    user = await colleague(database, job, **{gone: now()})
    mail = await put(database, MailKind.JOB_COMPLETED, user, job_id=job.id)
    assert (await send(mail)).outcome is MailOutcome.DROPPED


async def test_what_is_turned_off_or_deleted_is_dropped(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]]
) -> None:
    job, user = await _of_job(database, deleted_at=now())
    assert (
        await send(await put(database, MailKind.JOB_COMPLETED, user, job_id=job.id))
    ).outcome is MailOutcome.DROPPED
    job, _ = await _of_job(database)
    off = await colleague(database, job, mails_off=["job_completed"])
    assert (
        await send(await put(database, MailKind.JOB_COMPLETED, off, job_id=job.id))
    ).outcome is MailOutcome.DROPPED
    assert (
        await send(await put(database, MailKind.JOB_BLOCKED, off, job_id=job.id))
    ).outcome is MailOutcome.SENT
    assert len(taken.messages) == 1


async def test_a_mail_that_was_sent_is_not_sent_again(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]]
) -> None:
    job, user = await _of_job(database)
    mail = await put(database, MailKind.JOB_COMPLETED, user, job_id=job.id)
    taken.error = Unavailable("not now")
    with pytest.raises(Unavailable):
        await send(mail)
    assert (await read(database, mail)).sent_at is None
    taken.error = None
    assert [(await send(mail)).outcome for _ in range(3)] == [MailOutcome.SENT] * 3
    assert len(taken.messages) == 1


async def test_an_address_that_is_refused_ends_the_mail(
    database: Database, taken: Taken, send: Callable[[Mail], Awaitable[MailResult]]
) -> None:
    job, user = await _of_job(database)
    mail = await put(database, MailKind.JOB_COMPLETED, user, job_id=job.id)
    taken.error = MailRefused("550 no such user")
    result = await send(mail)
    assert (result.outcome, result.reason) == (MailOutcome.REFUSED, "550 no such user")
    assert (await send(mail)).outcome is MailOutcome.DROPPED


async def test_what_waits_is_found(database: Database) -> None:
    job, user = await _of_job(database)
    mail = await put(database, MailKind.JOB_COMPLETED, user, job_id=job.id)
    async with database.begin() as session:

        async def waits(at_least: timedelta) -> bool:
            return mail.id in {
                each.id for each in await mails.waiting(session, older_than=at_least, limit=10_000)
            }

        assert await waits(timedelta(0))
        assert not await waits(timedelta(hours=1))
        await mails.end(session, mail.id, sent=True, at=now())
        assert not await waits(timedelta(0))


async def test_a_server_that_is_away_delays_and_loses_nothing(
    database: Database, temporal_client: Client
) -> None:
    client = await own_namespace(temporal_client)  # whose queue of records has no other worker
    job, user = await _of_job(database)
    mail = await put(database, MailKind.JOB_COMPLETED, user, job_id=job.id)
    async with mail_server() as gone:
        port = gone.port
    mailer: Mailer = SmtpMailer("127.0.0.1", port, "none", timeout_s=5)
    activities = MailActivities(database, mailer, PLACE, "no-reply@studio.example")
    workers = (
        Worker(client, task_queue=f"jobs-{mail.id}", workflows=[MailWorkflow], workflow_runner=SANDBOX),
        Worker(
            client,
            task_queue=names.Queue.RECORDS.value,
            activities=[activities.send_mail],
            interceptors=[ClassifyErrors()],
        ),
    )
    async with workers[0], workers[1]:
        handle = await client.start_workflow(
            names.MAIL_WORKFLOW,
            MailInput(mail_id=mail.id),
            id=names.mail_workflow_id(mail.id),
            task_queue=f"jobs-{mail.id}",
            result_type=MailResult,
        )
        while (
            not (pending := (await handle.describe()).raw_description.pending_activities)
            or not pending[0].attempt > 1
        ):
            pass
        assert (await read(database, mail)).sent_at is None
        async with mail_server(port=port) as back:
            result = await handle.result()
    assert result.outcome is MailOutcome.SENT and len(back.taken) == 1
    assert back.taken[0]["Message-ID"] == f"<{mail.id}@studio.example>"


@pytest.mark.parametrize("kind", [MailKind.JOB_REJECTED, MailKind.JOB_BLOCKED, MailKind.JOB_COMPLETED])
async def test_a_mail_that_comes_late_tells_no_reason_of_what_was_decided_since(
    database: Database, send: Callable[[Mail], Awaitable[MailResult]], taken: Taken, kind: MailKind
) -> None:
    """What is said when a job is returned is for those who work on it."""
    creator = await make_user(database, role=Role.PRODUCTION)
    job = await make_job(database, RequestedOutputs(languages=("es",)))
    async with database.begin() as session:
        session.add(Membership(org_id=job.org_id, user_id=creator.id))
        said = {"status": JobStatus.PENDING_QC, "reason": "Their linguist was careless."}
        await session.execute(sa.update(Job).where(col(Job.id) == job.id).values(**said))
    assert (await send(await put(database, kind, creator, job_id=job.id))).outcome is MailOutcome.SENT
    assert "careless" not in taken.text
    now_so = {MailKind.JOB_REJECTED: JobStatus.REJECTED, MailKind.JOB_BLOCKED: JobStatus.BLOCKED_ON_SOURCE}
    if kind in now_so:
        async with database.begin() as session:
            said = {"status": now_so[kind], "reason": "There is no sound."}
            await session.execute(sa.update(Job).where(col(Job.id) == job.id).values(**said))
        await send(await put(database, kind, creator, job_id=job.id))
        assert "There is no sound." in taken.text
