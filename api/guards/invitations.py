"""Guards of invitations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
from sqlalchemy.ext.asyncio import AsyncSession

from api.authn import Caller
from api.context import Context
from api.guards.base import GUARDS, Rule
from api.guards.organizations import OrgId
from schema.enums import Role
from schema.errors import Forbidden, NotFound
from schema.permissions import Permission, Principal, forbidden, invitable
from schema.queries import clients, invitations, organizations
from schema.tables import Invitation, Organization

InvitationId = Annotated[UUID, Path(description="The invitation's.")]


@dataclass(frozen=True, slots=True)
class InvitationOfOrganization:
    """An invitation that the caller is authorised to touch."""

    organization: Organization
    invitation: Invitation


async def _inviting(org_id: OrgId, ctx: Caller) -> Organization:
    found = await organizations.visible(ctx.session, ctx.principal, org_id)
    if found is None:
        raise NotFound("Organisation not found")
    if not ctx.principal.may(Permission.INVITE, org_id):
        raise forbidden(Permission.INVITE)
    return found


async def _invitation(org_id: OrgId, invitation_id: InvitationId, ctx: Caller) -> InvitationOfOrganization:
    return await _of(ctx, await _inviting(org_id, ctx), invitation_id)


async def _of(ctx: Context, organization: Organization, invitation_id: UUID) -> InvitationOfOrganization:
    """Whoever may not create an invitation may not resend or revoke it either."""
    found = await invitations.one(ctx.session, ctx.principal, organization.id, invitation_id)
    if found is None:
        raise NotFound("Invitation not found")
    await refuse_beyond(ctx, organization, found.role, [UUID(team_id) for team_id in found.team_ids])
    return InvitationOfOrganization(organization, found)


async def refuse_beyond(
    ctx: Context, organization: Organization, role: Role, team_ids: Sequence[UUID]
) -> None:
    """Raises:
    Forbidden: the caller may not send such an invitation.
    """
    if why := await beyond(ctx.session, ctx.principal, organization.id, role, team_ids):
        raise Forbidden(why)


async def beyond(
    session: AsyncSession, who: Principal, org_id: UUID, role: Role, team_ids: Sequence[UUID]
) -> str | None:
    """Why `who` may not send, or have sent, this invitation: because of its role or, for project managers, because of a
    client that they do not manage. None if they may. Services may not: people whom a leaked token invited would outlive
    it."""
    if who.is_service:
        return "People invite people: sign in as one of them."
    roles = who.roles_in(org_id)
    if role not in invitable(roles):
        allowed = ", ".join(sorted(each.value.replace("_", " ") for each in invitable(roles)))
        return f"You may invite into these roles: {allowed}."
    if roles & {Role.PRODUCTION, Role.ADMIN}:
        return None
    if not team_ids:
        return "A project manager invites to the teams of their clients: name one in team_ids."
    found = await invitations.teams_of(session, org_id, team_ids)
    for client in {client.id: client for _, client in found}.values():
        if not await clients.is_managed_by(session, client.id, who.user_id):
            return f"You do not manage {client.name}."
    return None


GUARDS[_inviting] = GUARDS[_invitation] = Rule(Permission.INVITE)

InvitingOrganization = Annotated[Organization, Depends(_inviting)]
ManageableInvitation = Annotated[InvitationOfOrganization, Depends(_invitation)]
