"""Invitations: created within the limits of one's role, mailed, and accepted once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from api.asked import Asked
from api.bodies.invitations import AcceptBody, InvitationBody, InvitationOut, InvitationPreview
from api.context import Context, Visit
from api.guards.invitations import InvitationOfOrganization, beyond, refuse_beyond
from api.operations import auth, mails, microsoft
from api.operations.users import normal
from api.pagination import Page, Slice
from api.passwords import Passwords, check_new
from schema import links
from schema.enums import MailKind, Role
from schema.errors import Conflict, Invalid, NotFound
from schema.links import Purpose
from schema.permissions import Principal, invitable
from schema.queries import audit, invitations, named, organizations, sessions, users
from schema.queries import mails as outbox
from schema.tables import Invitation, Mail, Organization, Team, User, now

_WORTHLESS = "This invitation has been used, withdrawn or replaced, or has expired. Ask for another."
_SENT = "invitation sent"
_IN_TEAMS = frozenset({Role.CLIENT, Role.LINGUIST, Role.REVIEWER})


async def listing(ctx: Context, organization: Organization, paging: Slice) -> Page[InvitationOut]:
    found, total = await invitations.page(
        ctx.session, ctx.principal, organization.id, offset=paging.offset, limit=paging.size
    )
    return paging.of([InvitationOut.of(row) for row in found], total)


async def create(ctx: Context, organization: Organization, body: InvitationBody, once: Asked) -> Invitation:
    """Raises:
    Forbidden: the caller may not invite into this role, or to these teams.
    Conflict: the address has an open invitation.
    TooMany: the address has reached its limit of mails.
    """
    email = normal(body.email)
    await _check(ctx, organization, body.role, body.team_ids)
    await auth.limit_mails(ctx, _SENT, email)
    made = await named.made(ctx.session, Invitation, once.uuid("invitation"))
    if made is None:
        before = await invitations.open_one(ctx.session, organization.id, email)
        if before is not None and before.expires_at > now():
            raise Conflict(
                f"{email} is invited already. Send that invitation again, or revoke it.", id=str(before.id)
            )
        if before is not None:
            before.revoked_at = now()
            await ctx.session.flush()
        made = Invitation(
            id=once.uuid("invitation"),
            org_id=organization.id,
            email=email,
            role=body.role,
            team_ids=[str(team_id) for team_id in dict.fromkeys(body.team_ids)],
            invited_by=ctx.principal.user_id,
            link_hash="",
            expires_at=now(),
        )
        _renew(ctx, made, counter=1)
        await _insert(ctx, made)
    after = {"email": made.email, "role": made.role, "org_id": str(made.org_id), "team_ids": made.team_ids}
    await ctx.record(once, "invitation.create", "invitation", made.id, after=after)
    mail = await _mail(ctx, made, once)
    await ctx.session.commit()
    await mails.start(ctx.temporal, [mail])
    return made


async def _insert(ctx: Context, made: Invitation) -> None:
    try:
        async with ctx.session.begin_nested():
            ctx.session.add(made)
    except IntegrityError:
        raise Conflict(f"{made.email} is invited already.") from None


async def _check(ctx: Context, organization: Organization, role: Role, team_ids: Sequence[UUID]) -> None:
    await refuse_beyond(ctx, organization, role, team_ids)
    if team_ids and role not in _IN_TEAMS:
        raise Invalid("Teams are for clients, linguists and reviewers.")
    found = await invitations.teams_of(ctx.session, organization.id, team_ids)
    if len({team.id for team, _ in found}) < len(set(team_ids)):
        raise Invalid("Not every one of team_ids is a team of this organisation.")


def _renew(ctx: Context, row: Invitation, counter: int) -> None:
    """Makes a new link, valid from now on. Earlier links become invalid."""
    settings = ctx.parts.settings
    token = links.token(settings.jwt_secret.get_secret_value(), Purpose.INVITATION, row.id, counter)
    row.counter, row.link_hash = counter, links.hashed(token)
    row.expires_at = now() + timedelta(seconds=settings.invitation_s)


async def _mail(ctx: Context, row: Invitation, once: Asked) -> Mail:
    mail_id = once.uuid("mail")
    made = await named.made(ctx.session, Mail, mail_id)
    return made or outbox.put(
        ctx.session,
        MailKind.INVITATION,
        None,
        mail_id=mail_id,
        invitation_id=row.id,
        counter=row.counter,
    )


async def resend(ctx: Context, found: InvitationOfOrganization, once: Asked) -> Invitation:
    """Mails a new link to the same address, which invalidates the previous one. From now on, the caller is its sender.

    Raises:
        TooMany: the address has reached its limit of mails.
    """
    await auth.limit_mails(ctx, _SENT, found.invitation.email)
    row = await _open(ctx, found)
    if await named.made(ctx.session, Mail, once.uuid("mail")) is None:
        _renew(ctx, row, row.counter + 1)
        row.invited_by = ctx.principal.user_id
    mail = await _mail(ctx, row, once)
    await ctx.record(once, "invitation.resend", "invitation", row.id, after={"counter": row.counter})
    await ctx.session.commit()
    await mails.start(ctx.temporal, [mail])
    return row


async def revoke(ctx: Context, found: InvitationOfOrganization, once: Asked) -> None:
    if await ctx.done(once, "invitation.revoke", found.invitation.id):
        return
    row = await _open(ctx, found)
    row.revoked_at = now()
    await ctx.record(once, "invitation.revoke", "invitation", row.id, before={"email": row.email})
    await ctx.session.commit()


async def _open(ctx: Context, found: InvitationOfOrganization) -> Invitation:
    row = await invitations.one(
        ctx.session, ctx.principal, found.organization.id, found.invitation.id, lock=True
    )
    if row is None:
        raise NotFound("Invitation not found")
    if row.accepted_at or row.revoked_at:
        raise Conflict(f"The invitation of {row.email} has been accepted or revoked.")
    return row


async def preview(visit: Visit, token: str) -> InvitationPreview:
    """Raises:
    Invalid: the link is invalid.
    """
    counted = await auth.throttle(visit, "invitation")
    row, organization, host = await _by_link(visit, links.hashed(token))
    await sessions.forgive(visit.session, counted)
    await visit.session.commit()
    return InvitationPreview(
        organization=organization.name,
        email=row.email,
        role=row.role,
        invited_by=host.name,
        expires_at=row.expires_at,
    )


async def _by_link(
    visit: Visit, link_hash: str, *, lock: bool = False
) -> tuple[Invitation, Organization, Principal]:
    """The invitation behind a valid link, with its organisation and sender. A link grants no more than its sender may
    grant now.

    Raises:
        Invalid: the link is invalid.
    """
    found = await invitations.by_link(visit.session, link_hash, lock=lock)
    host = await users.principal(visit.session, found[0].invited_by) if found else None
    if found is None or host is None:
        raise Invalid(_WORTHLESS)
    row, organization = found
    team_ids = [UUID(team_id) for team_id in row.team_ids]
    if await beyond(visit.session, host, organization.id, row.role, team_ids):
        raise Invalid(_WORTHLESS)
    return row, organization, host


async def _refuse_role(visit: Visit, row: Invitation, host: Principal, user: User) -> None:
    """Refuses a person whose own role the sender may not invite: it would apply in the organisation too.

    Raises:
        Conflict: the sender may not invite that role.
    """
    if user.role in (row.role, Role.ADMIN) or user.role in invitable(host.roles_in(row.org_id)):
        return
    if await organizations.membership(visit.session, row.org_id, user.id) is None:
        raise Conflict(
            "Your account may do more than this invitation is for: ask an administrator to add you."
        )


async def accept(visit: Visit, passwords: Passwords, body: AcceptBody) -> None:
    """Creates the account if there is none, and the membership in any case. The answer is the same.

    Raises:
        Invalid: the link is invalid, or the password too easy to guess.
        Unauthenticated: the Microsoft sign-in is invalid, or was used before.
        Conflict: the Microsoft account is linked to somebody else, or the account has more rights than the sender may
        grant.
    """
    counted = await auth.throttle(visit, "invitation")
    link_hash, hashed = links.hashed(body.token), None
    found, _, _ = await _by_link(visit, link_hash)
    await visit.session.commit()
    if body.password is not None:
        await visit.thread(check_new, body.password, (found.email, body.name))
        hashed = await passwords.hash(body.password)
    identity = await microsoft.read(visit, body.microsoft) if body.microsoft else None
    row, _, host = await _by_link(visit, link_hash, lock=True)
    known = await users.by_email(visit.session, row.email)
    if known is not None:
        await _refuse_role(visit, row, host, known)
    user = known or await _new_user(visit, row, body.name, hashed)
    after = {"org_id": str(row.org_id), "role": row.role}
    if identity and await microsoft.link_invited(visit, identity, user, is_new=known is None):
        after |= microsoft.told(identity)
    await invitations.join(
        visit.session, user, row
    )  # before the teams: adding to a team takes the same locks in this order
    await invitations.join_teams(visit.session, user, await _teams(visit, row))
    row.accepted_at, row.accepted_by = now(), user.id
    await sessions.forgive(visit.session, counted)
    await audit.record(
        visit.session,
        actor_id=user.id,
        action="invitation.accept",
        thing="invitation",
        thing_id=row.id,
        address=visit.address,
        after=after,
        security=True,
    )
    await visit.session.commit()


async def _new_user(visit: Visit, row: Invitation, name: str, hashed: str | None) -> User:
    user = User(email=row.email, name=name, role=row.role, password_hash=hashed)
    try:
        async with visit.session.begin_nested():
            visit.session.add(user)
    except IntegrityError:  # created at this moment, or disabled
        raise Invalid(_WORTHLESS) from None
    return user


async def _teams(visit: Visit, row: Invitation) -> list[Team]:
    """The teams that still exist, locked until commit."""
    team_ids = [UUID(team) for team in row.team_ids]
    found = await invitations.teams_of(visit.session, row.org_id, team_ids, keep=True)
    return [team for team, _ in found]
