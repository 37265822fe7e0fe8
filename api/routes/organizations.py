"""Organisations and their members."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.authn import Caller
from api.bodies.people import (
    MemberBody,
    MemberEnded,
    MemberOut,
    MemberPatch,
    MembershipOut,
    NameBody,
    OrganizationOut,
)
from api.errors import errors
from api.guards.organizations import Administrator, ManageableOrganization, VisibleOrganization
from api.guards.users import UserId
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import organizations
from api.pagination import Naming, Page, Paging

router = APIRouter(prefix="/organizations", tags=["Organizations"], route_class=KeyedRoute)
_ERRORS = errors(400, 401, 403, 404, 409)


@router.get("", responses=errors(401))
async def list_organizations(caller: Caller, wanted: Naming, paging: Paging) -> Page[OrganizationOut]:
    """Those that the caller sees."""
    return await organizations.listing(caller, wanted, paging)


@router.post("", status_code=201, responses=errors(401, 403, 409))
async def create_organization(
    caller: Administrator, body: NameBody, once: Once, response: Response
) -> OrganizationOut:
    """A new organisation, with nobody in it yet."""
    made = await organizations.create(caller, body, once)
    located(caller.parts.settings, response, f"/organizations/{made.id}")
    return organizations.shown(made)


@router.get("/me/memberships", responses=errors(401))
async def list_memberships(caller: Caller) -> list[MembershipOut]:
    """Where the caller belongs, and with which roles."""
    return await organizations.memberships(caller)


@router.get("/{org_id}", responses=errors(401, 404))
async def get_organization(organization: VisibleOrganization) -> OrganizationOut:
    """One organisation."""
    return organizations.shown(organization)


@router.patch("/{org_id}", responses=_ERRORS)
async def change_organization(
    organization: ManageableOrganization, body: NameBody, caller: Caller, once: Once
) -> OrganizationOut:
    """Another name."""
    return organizations.shown(await organizations.rename(caller, organization, body, once))


@router.get("/{org_id}/members", responses=errors(401, 404))
async def list_members(
    organization: VisibleOrganization, caller: Caller, wanted: Naming, paging: Paging
) -> Page[MemberOut]:
    """Those whom the caller may see: leads see all, others themselves."""
    return await organizations.members(caller, organization, wanted, paging)


@router.post("/{org_id}/members", status_code=201, responses=_ERRORS)
async def add_member(
    organization: ManageableOrganization, body: MemberBody, caller: Caller, once: Once, response: Response
) -> MemberOut:
    """Somebody who has an account; others are invited."""
    added = await organizations.add_member(caller, organization, body, once)
    located(caller.parts.settings, response, f"/organizations/{organization.id}/members/{added.user.id}")
    return added


@router.patch("/{org_id}/members/{user_id}", responses=_ERRORS)
async def change_member(
    organization: ManageableOrganization, user_id: UserId, body: MemberPatch, caller: Caller, once: Once
) -> MemberOut:
    """The role that counts in this organisation beside their own."""
    return await organizations.change_member(caller, organization, user_id, body, once)


@router.delete("/{org_id}/members/{user_id}", responses=_ERRORS)
async def remove_member(
    organization: ManageableOrganization, user_id: UserId, caller: Caller, once: Once
) -> MemberEnded:
    """They see nothing of it from the next request on; says what ended with it."""
    return await organizations.remove_member(caller, organization, user_id, once)
