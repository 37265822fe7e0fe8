"""The content of each kind of mail, from the rows at the time of sending. None means that there is nothing to say any
more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.mail.message import Button, Content, Link, Listed, Recipient
from activities.mail.words import ENGLISH, Words, words_of
from schema import links
from schema.enums import BriefStatus, JobStatus, MailKind
from schema.links import Purpose
from schema.queries import briefs, digests, jobs, users
from schema.queries.digests import Group
from schema.tables import Invitation, Job, JobLanguage, Mail, Organization, PasswordReset, User, now

_OF_A_GROUP = 20
_NOT_YOU = "Did you not ask for this? Then ignore it: nothing changes."


@dataclass(frozen=True, slots=True)
class Place:
    """Base URL of links, and the secret for their tokens."""

    frontend_url: str
    secret: str

    def page(self, path: str) -> str:
        return f"{self.frontend_url.rstrip('/')}/{path}"

    def link(self, path: str, purpose: Purpose, row_id: UUID, counter: int = 1) -> str:
        """The token goes after `#`, which browsers do not send and no log contains."""
        return f"{self.page(path)}#token={links.token(self.secret, purpose, row_id, counter)}"


@dataclass(frozen=True, slots=True)
class Written:
    recipient: Recipient
    content: Content


async def write(session: AsyncSession, mail: Mail, place: Place) -> Written | None:
    """The mail; None if its recipient is gone or does not want it, or it is outdated."""
    if mail.kind is MailKind.INVITATION:
        return await _invitation(session, mail, place)
    user = await session.get(User, mail.user_id)
    if user is None or user.is_service or user.deleted_at is not None or user.disabled_at is not None:
        return None
    if mail.kind.may_be_off and mail.kind.value in user.mails_off:
        return None
    content = await _WRITERS[mail.kind](session, mail, user, place)
    return Written(Recipient(user.name, user.email), content) if content else None


async def _invitation(session: AsyncSession, mail: Mail, place: Place) -> Written | None:
    invitation = await session.get(Invitation, UUID(mail.about["invitation_id"]))
    if invitation is None or invitation.accepted_at or invitation.revoked_at or invitation.expires_at < now():
        return None
    if invitation.counter != mail.about["counter"]:  # resent since, with another link
        return None
    organization = await session.get(Organization, invitation.org_id)
    host = await session.get(User, invitation.invited_by)
    if organization is None or host is None:
        return None
    role = invitation.role.value.replace("_", " ")
    link = place.link("invitation", Purpose.INVITATION, invitation.id, invitation.counter)
    content = Content(
        subject=f"You are invited to {organization.name}",
        lines=(f"{host.name} invites you to {organization.name}, as {role}.",),
        button=Button("Accept the invitation", link),
        facts=(("Valid until", ENGLISH.time(invitation.expires_at, "UTC")),),
        why="You get this mail because somebody entered your address. If you do not know them, ignore it.",
    )
    return Written(Recipient(invitation.email, invitation.email), content)


async def _password_reset(session: AsyncSession, mail: Mail, user: User, place: Place) -> Content | None:
    reset = await session.get(PasswordReset, UUID(mail.about["reset_id"]))
    if reset is None or reset.used_at or reset.expires_at < now():
        return None
    return Content(
        subject="Set a new password",
        lines=("Open this link to set a new password. It works once.",),
        button=Button("Set a new password", place.link("password", Purpose.PASSWORD_RESET, reset.id)),
        facts=(("Valid until", ENGLISH.time(reset.expires_at, user.time_zone)),),
        why=_NOT_YOU,
    )


async def _job_of(session: AsyncSession, mail: Mail) -> Job | None:
    """The job, if the recipient may know of it now: one that they see, or whose work they had."""
    job = await session.get(Job, UUID(mail.about["job_id"]))
    if job is None or job.deleted_at is not None or mail.user_id is None:
        return None
    who = await users.principal(session, mail.user_id)
    if who is None:
        return None
    if mail.kind is MailKind.LANGUAGE_TAKEN_AWAY:
        return job if who.roles_in(job.org_id) else None
    return await jobs.visible(session, who, job.id)


async def _of_language(session: AsyncSession, mail: Mail, user: User, place: Place) -> Content | None:
    job = await _job_of(session, mail)
    row = await session.get(JobLanguage, (job.id, mail.about["language"])) if job else None
    if job is None or row is None:
        return None
    words = words_of(user.language)
    due_at = row.review_due_at if user.id == row.reviewer_id else row.due_at
    facts = [(words.due, words.time(due_at, user.time_zone))] if due_at else []
    reason = (
        job.reason if row.is_source else row.reason
    )  # decisions about the source language are decisions about the job
    if mail.kind in _TELLS_WHY and reason:
        facts.append((words.reason, reason))
    page = place.page(f"jobs/{job.id}/languages/{row.language}")
    button = Button(words.open_language, page) if mail.kind is not MailKind.LANGUAGE_TAKEN_AWAY else None
    return _said(words, mail.kind, button, facts, title=job.title, language=row.language)


async def _of_job(session: AsyncSession, mail: Mail, user: User, place: Place) -> Content | None:
    job = await _job_of(session, mail)
    if job is None:
        return None
    words = words_of(user.language)
    is_so = job.status is _REASONED.get(mail.kind)  # otherwise the reason belongs to a later decision
    facts = [(words.reason, job.reason)] if job.reason and is_so else []
    button = Button(words.open_job, place.page(f"jobs/{job.id}"))
    return _said(words, mail.kind, button, facts, title=job.title)


async def _of_brief(session: AsyncSession, mail: Mail, user: User, place: Place) -> Content | None:
    """None if the brief's status has changed since."""
    who = await users.principal(session, user.id)
    brief = await briefs.visible(session, who, UUID(mail.about["brief_id"])) if who else None
    if brief is None or brief.status is not _STILL[mail.kind]:
        return None
    words = words_of(user.language)
    facts = [(words.due, words.time(brief.due_at, user.time_zone))] if brief.due_at else []
    if brief.reason:
        facts.append((words.reason, brief.reason))
    button = Button(words.open_brief, place.page(f"briefs/{brief.id}"))
    return _said(words, mail.kind, button, facts, title=brief.title)


async def _digest(session: AsyncSession, mail: Mail, user: User, place: Place) -> Content | None:
    """The items of the digest that are still current."""
    since, until = (datetime.fromisoformat(mail.about[name]) for name in ("since", "until"))
    told = await digests.of(session, user.id, since, until, each=_OF_A_GROUP)
    if not told:
        return None
    words = words_of(user.language)
    groups = []
    for group in Group:
        if group in told:
            shown = [_line(words, item, user.time_zone, place) for item in told[group].items]
            rest = told[group].number - len(shown)
            groups.append(
                Listed(words.groups[group], tuple(shown), words.more.format(number=rest) if rest else "")
            )
    button = Button(words.open_jobs, place.page("jobs"))
    content = _said(words, mail.kind, button, [])
    return replace(content, groups=tuple(groups))


def _line(words: Words, item: digests.Item, zone: str, place: Place) -> Link:
    language = f" ({item.language})" if item.language else ""
    path = f"jobs/{item.job_id}" + (f"/languages/{item.language}" if item.language else "")
    return Link(f"{item.title}{language}, {words.time(item.at, zone)}", place.page(path))


def _said(
    words: Words, kind: MailKind, button: Button | None, facts: list[tuple[str, str]], **names: str
) -> Content:
    subject, line = words.said[kind]
    return Content(
        subject=subject.format(**names),
        lines=(line.format(**names),),
        button=button,
        facts=tuple(facts),
        why=words.why,
        words=words,
    )


Writer = Callable[[AsyncSession, Mail, User, Place], Awaitable[Content | None]]
_LANGUAGES = (
    MailKind.LANGUAGE_ASSIGNED,
    MailKind.LANGUAGE_TAKEN_AWAY,
    MailKind.LANGUAGE_REJECTED,
    MailKind.LANGUAGE_RETURNED,
)
_TELLS_WHY = (MailKind.LANGUAGE_REJECTED, MailKind.LANGUAGE_RETURNED)
_REASONED = {
    MailKind.JOB_REJECTED: JobStatus.REJECTED,
    MailKind.JOB_BLOCKED: JobStatus.BLOCKED_ON_SOURCE,
}
"""Decisions whose reason is for the job's creator."""
_STILL = {
    MailKind.BRIEF_SUBMITTED: BriefStatus.SUBMITTED,
    MailKind.BRIEF_APPROVED: BriefStatus.APPROVED,
    MailKind.BRIEF_RETURNED: BriefStatus.DRAFT,
}
_WRITERS: dict[MailKind, Writer] = {
    MailKind.PASSWORD_RESET: _password_reset,
    **dict.fromkeys(_LANGUAGES, _of_language),
    **dict.fromkeys((MailKind.JOB_REJECTED, MailKind.JOB_BLOCKED, MailKind.JOB_COMPLETED), _of_job),
    **dict.fromkeys(_STILL, _of_brief),
    MailKind.DIGEST: _digest,
}
