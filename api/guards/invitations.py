"""Who may invite into an organisation, and touch its invitations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.authn import Caller
from api.context import Context
from api.guards.base import GUARDS, Rule
from api.guards.organizations import OrgId
from schema.errors import NotFound
from schema.permissions import Permission, forbidden
from schema.queries import invitations, organizations
from schema.tables import Invitation, Organization

InvitationId = Annotated[UUID, Path(description="The invitation's.")]


@dataclass(frozen=True, slots=True)
class InvitationOfOrganization:
    """An invitation that the caller may touch."""

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
    found = await invitations.one(ctx.session, ctx.principal, organization.id, invitation_id)
    if found is None:
        raise NotFound("Invitation not found")
    return InvitationOfOrganization(organization, found)


GUARDS[_inviting] = GUARDS[_invitation] = Rule(Permission.INVITE)

InvitingOrganization = Annotated[Organization, Depends(_inviting)]
ManageableInvitation = Annotated[InvitationOfOrganization, Depends(_invitation)]
