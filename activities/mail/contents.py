"""What each kind of mail says, from the rows as they are when it is sent. None: there is nothing to say any more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.mail.message import Button, Content, Recipient
from schema import links
from schema.enums import MailKind
from schema.links import Purpose
from schema.tables import Invitation, Job, JobLanguage, Mail, Organization, PasswordReset, User, now

_WHY = "You get this mail because you work on accessible videos. Your profile says which mails you get."
_NOT_YOU = "Did you not ask for this? Then ignore it: nothing changes."


@dataclass(frozen=True, slots=True)
class Place:
    """Where links lead, and what their tokens are made with."""

    frontend_url: str
    secret: str

    def page(self, path: str) -> str:
        return f"{self.frontend_url.rstrip('/')}/{path}"

    def link(self, path: str, purpose: Purpose, row_id: UUID, counter: int = 1) -> str:
        """The token stands behind `#`, which a browser sends to nobody and no log keeps."""
        return f"{self.page(path)}#token={links.token(self.secret, purpose, row_id, counter)}"


@dataclass(frozen=True, slots=True)
class Written:
    recipient: Recipient
    content: Content


async def write(session: AsyncSession, mail: Mail, place: Place) -> Written | None:
    """The mail, or None where its recipient is gone or does not want it, or what it tells of has passed."""
    if mail.kind is MailKind.INVITATION:
        return await _invitation(session, mail, place)
    user = await session.get(User, mail.user_id)
    if user is None or user.deleted_at is not None or user.disabled_at is not None:
        return None
    if mail.kind.may_be_off and mail.kind.value in user.mails_off:
        return None
    content = await _WRITERS[mail.kind](session, mail, place)
    return Written(Recipient(user.name, user.email), content) if content else None


async def _invitation(session: AsyncSession, mail: Mail, place: Place) -> Written | None:
    invitation = await session.get(Invitation, UUID(mail.about["invitation_id"]))
    if invitation is None or invitation.accepted_at or invitation.revoked_at or invitation.expires_at < now():
        return None
    if invitation.counter != mail.about["counter"]:  # sent again since, with another link
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
        facts=(("Valid until", f"{invitation.expires_at:%d %B %Y, %H:%M} UTC"),),
        why="You get this mail because somebody entered your address. If you do not know them, ignore it.",
    )
    return Written(Recipient(invitation.email, invitation.email), content)


async def _password_reset(session: AsyncSession, mail: Mail, place: Place) -> Content | None:
    reset = await session.get(PasswordReset, UUID(mail.about["reset_id"]))
    if reset is None or reset.used_at or reset.expires_at < now():
        return None
    return Content(
        subject="Set a new password",
        lines=("Open this link to set a new password. It works once.",),
        button=Button("Set a new password", place.link("password", Purpose.PASSWORD_RESET, reset.id)),
        facts=(("Valid until", f"{reset.expires_at:%d %B %Y, %H:%M} UTC"),),
        why=_NOT_YOU,
    )


async def _job_of(session: AsyncSession, mail: Mail) -> Job | None:
    job = await session.get(Job, UUID(mail.about["job_id"]))
    return job if job and job.deleted_at is None else None


def _of_language(
    subject: str, line: str, *, tells_why: bool = False
) -> Callable[[AsyncSession, Mail, Place], Awaitable[Content | None]]:
    async def written(session: AsyncSession, mail: Mail, place: Place) -> Content | None:
        job = await _job_of(session, mail)
        if job is None:
            return None
        language = await session.get(JobLanguage, (job.id, mail.about["language"]))
        if language is None:
            return None
        names = {"title": job.title, "language": language.language}
        facts = [("Due", f"{language.due_at:%d %B %Y, %H:%M} UTC")] if language.due_at else []
        if tells_why and language.reason:
            facts.append(("Reason", language.reason))
        return Content(
            subject=subject.format(**names),
            lines=(line.format(**names),),
            button=Button("Open the language", place.page(f"jobs/{job.id}/languages/{language.language}")),
            facts=tuple(facts),
            why=_WHY,
        )

    return written


def _of_job(subject: str, line: str) -> Callable[[AsyncSession, Mail, Place], Awaitable[Content | None]]:
    async def written(session: AsyncSession, mail: Mail, place: Place) -> Content | None:
        job = await _job_of(session, mail)
        if job is None:
            return None
        return Content(
            subject=subject.format(title=job.title),
            lines=(line.format(title=job.title),),
            button=Button("Open the job", place.page(f"jobs/{job.id}")),
            facts=(("Reason", job.reason),) if job.reason else (),
            why=_WHY,
        )

    return written


_WRITERS: dict[MailKind, Callable[[AsyncSession, Mail, Place], Awaitable[Content | None]]] = {
    MailKind.PASSWORD_RESET: _password_reset,
    MailKind.LANGUAGE_ASSIGNED: _of_language(
        "For you: {title} ({language})", "You are assigned to “{title}” in {language}."
    ),
    MailKind.LANGUAGE_TAKEN_AWAY: _of_language(
        "No longer yours: {title} ({language})", "Somebody else works on “{title}” in {language} now."
    ),
    MailKind.LANGUAGE_REJECTED: _of_language(
        "Please look again: {title} ({language})",
        "The reviewer has not accepted “{title}” in {language} yet.",
        tells_why=True,
    ),
    MailKind.LANGUAGE_RETURNED: _of_language(
        "Back to you: {title} ({language})",
        "“{title}” in {language} has been returned to QC.",
        tells_why=True,
    ),
    MailKind.JOB_REJECTED: _of_job("Rejected: {title}", "“{title}” has been rejected."),
    MailKind.JOB_BLOCKED: _of_job("Something is wrong with the video: {title}", "“{title}” cannot go on."),
    MailKind.JOB_COMPLETED: _of_job("Finished: {title}", "“{title}” is finished, and can be downloaded."),
}
