"""Organisations and their members."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from api.asked import Asked
from api.bodies.people import (
    MemberBody,
    MemberEnded,
    MemberOut,
    MemberPatch,
    MembershipOut,
    NameBody,
    OrganizationOut,
    WhoBody,
)
from api.context import Context
from api.pagination import Page, Slice
from schema.enums import Role
from schema.errors import Conflict, Invalid, NotFound
from schema.queries import departures, invitations, named, organizations, users
from schema.queries.named import Wanted, one_of_its_name
from schema.tables import Membership, Organization, User


async def listing(ctx: Context, wanted: Wanted, paging: Slice) -> Page[OrganizationOut]:
    found = await organizations.listed(ctx.session, ctx.principal, wanted)
    return paging.of([shown(each) for each in found.items], found.total, capped=found.capped)


def shown(organization: Organization) -> OrganizationOut:
    return OrganizationOut.model_validate(organization, from_attributes=True)


async def create(ctx: Context, body: NameBody, once: Asked) -> Organization:
    made = await named.made(ctx.session, Organization, once.uuid("organization"))
    if made is None:
        made = Organization(id=once.uuid("organization"), name=body.name)
        async with one_of_its_name(ctx.session, Organization, body.name):
            ctx.session.add(made)
    await ctx.record(once, "organization.create", "organization", made.id, after={"name": made.name})
    await ctx.session.commit()
    return made


async def rename(ctx: Context, organization: Organization, body: NameBody, once: Asked) -> Organization:
    fresh = await named.locked(ctx.session, Organization, organization.id)
    if await ctx.done(once, "organization.change", fresh.id):
        await ctx.session.commit()
        return fresh
    before = {"name": fresh.name}
    async with one_of_its_name(ctx.session, Organization, body.name):
        fresh.name = body.name
    await ctx.record(
        once, "organization.change", "organization", fresh.id, before=before, after={"name": fresh.name}
    )
    await ctx.session.commit()
    return fresh


async def members(ctx: Context, organization: Organization, wanted: Wanted, paging: Slice) -> Page[MemberOut]:
    found = await organizations.members(ctx.session, ctx.principal, organization.id, wanted)
    items = [MemberOut.of(membership, user) for membership, user in found.items]
    return paging.of(items, found.total, capped=found.capped)


async def memberships(ctx: Context) -> list[MembershipOut]:
    """The caller's own memberships."""
    return [
        MembershipOut.of(membership, organization, ctx.principal.roles_in(organization.id))
        for membership, organization in await organizations.of_user(ctx.session, ctx.principal)
    ]


async def person(ctx: Context, who: WhoBody) -> User:
    """A person who has an account, whether or not they belong to any organisation.

    Raises:
        Invalid: there is no such account.
    """
    user = (
        await users.by_email(ctx.session, who.email)
        if who.email is not None
        else await users.active(ctx.session, who.user_id)
    )
    if user is None:
        raise Invalid("Nobody here has this account. Invite them by their address.")
    return user


def check_member_role(role: Role | None) -> None:
    if role is Role.ADMIN:
        raise Invalid("Admin is a person's own role, and reaches everywhere: a membership cannot carry it.")


async def add_member(ctx: Context, organization: Organization, body: MemberBody, once: Asked) -> MemberOut:
    """Adds a person who has an account.

    Raises:
        Conflict: they are already a member.
    """
    check_member_role(body.role)
    user = await person(ctx, body)
    membership = Membership(id=once.uuid("member"), org_id=organization.id, user_id=user.id, role=body.role)
    if (before := await organizations.membership(ctx.session, organization.id, user.id)) is not None:
        if before[0].id != membership.id:
            raise Conflict(f"{user.name} belongs to {organization.name} already.", id=str(user.id))
        membership = before[0]
    else:
        try:
            async with ctx.session.begin_nested():
                ctx.session.add(membership)
        except IntegrityError:
            raise Conflict(f"{user.name} belongs to {organization.name} already.", id=str(user.id)) from None
    told = {"user_id": str(user.id), "role": body.role}
    await ctx.record(once, "member.add", "organization", organization.id, after=told)
    await ctx.session.commit()
    return MemberOut.of(membership, user)


async def change_member(
    ctx: Context, organization: Organization, user_id: UUID, body: MemberPatch, once: Asked
) -> MemberOut:
    check_member_role(body.role)
    membership, user = await _locked(ctx, organization, user_id)
    if await ctx.done(once, "member.change", organization.id):
        await ctx.session.commit()
        return MemberOut.of(membership, user)
    before = {"user_id": str(user.id), "role": membership.role}
    membership.role = body.role
    await departures.note(ctx.session, organization.id, user.id)
    after = {"user_id": str(user.id), "role": membership.role}
    await ctx.record(once, "member.change", "organization", organization.id, before=before, after=after)
    await ctx.session.commit()
    return MemberOut.of(membership, user)


async def remove_member(ctx: Context, organization: Organization, user_id: UUID, once: Asked) -> MemberEnded:
    """Ends a membership, and the person's roles in the organisation's clients. Access ends with the next request. The
    sweep tells the workflows to unassign their work."""
    if (done := await ctx.done(once, "member.remove", organization.id)) is not None:
        return MemberEnded.model_validate(done.after)
    found = await organizations.membership(ctx.session, organization.id, user_id)
    if found is not None:  # before the membership: accepting an invitation takes the same locks in this order
        await invitations.end_open(ctx.session, found[1].email, organization.id)
    membership, user = await _locked(ctx, organization, user_id)
    teams, managed = await organizations.leave(ctx.session, organization.id, user.id)
    work = await departures.work_of(ctx.session, organization.id, user.id)
    await departures.note(ctx.session, organization.id, user.id)
    await ctx.session.delete(membership)
    ended = MemberEnded(teams=teams, clients=managed, languages=len(work))
    before = {"user_id": str(user.id), "role": membership.role}
    after = ended.model_dump()
    await ctx.record(once, "member.remove", "organization", organization.id, before=before, after=after)
    await ctx.session.commit()
    return ended


async def _locked(ctx: Context, organization: Organization, user_id: UUID) -> tuple[Membership, User]:
    found = await organizations.membership(ctx.session, organization.id, user_id, lock=True)
    if found is None:
        raise NotFound("Member not found")
    return found
