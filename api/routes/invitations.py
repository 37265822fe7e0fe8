"""Invitations: sent by those who lead, accepted by those who received the link."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.authn import Caller
from api.bodies.invitations import AcceptBody, InvitationBody, InvitationOut, InvitationPreview, TokenBody
from api.context import AnyVisit, SharedPasswords
from api.errors import errors
from api.guards.base import Public
from api.guards.invitations import InvitingOrganization, ManageableInvitation
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import invitations
from api.pagination import Page, Paging

router = APIRouter(tags=["Invitations"], route_class=KeyedRoute)
_OF = "/organizations/{org_id}/invitations"
_ERRORS = errors(400, 401, 403, 404, 409)


@router.get(_OF, responses=errors(401, 403, 404))
async def list_invitations(
    organization: InvitingOrganization, caller: Caller, paging: Paging
) -> Page[InvitationOut]:
    """Lists open, accepted, revoked and expired invitations, newest first."""
    return await invitations.listing(caller, organization, paging)


@router.post(_OF, status_code=201, responses=errors(400, 401, 403, 404, 409, 429))
async def create_invitation(
    organization: InvitingOrganization, body: InvitationBody, caller: Caller, once: Once, response: Response
) -> InvitationOut:
    """Creates an invitation and mails its link. Project managers invite clients, linguists and reviewers to teams of
    their clients. Production also invites project managers, and admins also production."""
    made = await invitations.create(caller, organization, body, once)
    located(caller.parts.settings, response, f"/organizations/{organization.id}/invitations/{made.id}")
    return InvitationOut.of(made)


@router.delete(_OF + "/{invitation_id}", status_code=204, responses=_ERRORS)
async def revoke_invitation(found: ManageableInvitation, caller: Caller, once: Once) -> None:
    """Revokes an invitation. Its link stops working."""
    await invitations.revoke(caller, found, once)


@router.post(_OF + "/{invitation_id}/resend", responses=errors(400, 401, 403, 404, 409, 429))
async def resend_invitation(found: ManageableInvitation, caller: Caller, once: Once) -> InvitationOut:
    """Mails a new link, which replaces the previous one."""
    return InvitationOut.of(await invitations.resend(caller, found, once))


@router.post("/invitations/preview", dependencies=[Public], responses=errors(400, 429))
async def preview_invitation(body: TokenBody, visit: AnyVisit) -> InvitationPreview:
    """Shows the holder of a link what they are invited to."""
    return await invitations.preview(visit, body.token)


@router.post(
    "/invitations/accept", status_code=204, dependencies=[Public], responses=errors(400, 401, 409, 429)
)
async def accept_invitation(body: AcceptBody, visit: AnyVisit, passwords: SharedPasswords) -> None:
    """Accepts an invitation. Creates the account if there is none, and the membership. Does not sign in."""
    await invitations.accept(visit, passwords, body)
