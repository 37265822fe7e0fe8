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
    """Lists the organisations that the caller sees."""
    return await organizations.listing(caller, wanted, paging)


@router.post("", status_code=201, responses=errors(401, 403, 409))
async def create_organization(
    caller: Administrator, body: NameBody, once: Once, response: Response
) -> OrganizationOut:
    """Creates an organisation without members."""
    made = await organizations.create(caller, body, once)
    located(caller.parts.settings, response, f"/organizations/{made.id}")
    return organizations.shown(made)


@router.get("/me/memberships", responses=errors(401))
async def list_memberships(caller: Caller) -> list[MembershipOut]:
    """Lists the caller's memberships, with their roles."""
    return await organizations.memberships(caller)


@router.get("/{org_id}", responses=errors(401, 404))
async def get_organization(organization: VisibleOrganization) -> OrganizationOut:
    """Returns one organisation."""
    return organizations.shown(organization)


@router.patch("/{org_id}", responses=_ERRORS)
async def change_organization(
    organization: ManageableOrganization, body: NameBody, caller: Caller, once: Once
) -> OrganizationOut:
    """Renames an organisation."""
    return organizations.shown(await organizations.rename(caller, organization, body, once))


@router.get("/{org_id}/members", responses=errors(401, 404))
async def list_members(
    organization: VisibleOrganization, caller: Caller, wanted: Naming, paging: Paging
) -> Page[MemberOut]:
    """Lists the members that the caller may see: leads see all, others themselves."""
    return await organizations.members(caller, organization, wanted, paging)


@router.post("/{org_id}/members", status_code=201, responses=_ERRORS)
async def add_member(
    organization: ManageableOrganization, body: MemberBody, caller: Caller, once: Once, response: Response
) -> MemberOut:
    """Adds a member who has an account. Others are invited."""
    added = await organizations.add_member(caller, organization, body, once)
    located(caller.parts.settings, response, f"/organizations/{organization.id}/members/{added.user.id}")
    return added


@router.patch("/{org_id}/members/{user_id}", responses=_ERRORS)
async def change_member(
    organization: ManageableOrganization, user_id: UserId, body: MemberPatch, caller: Caller, once: Once
) -> MemberOut:
    """Changes the role of a member in this organisation, in addition to their own."""
    return await organizations.change_member(caller, organization, user_id, body, once)


@router.delete("/{org_id}/members/{user_id}", responses=_ERRORS)
async def remove_member(
    organization: ManageableOrganization, user_id: UserId, caller: Caller, once: Once
) -> MemberEnded:
    """Removes a member, who loses access from the next request on. Returns what ended with the membership."""
    return await organizations.remove_member(caller, organization, user_id, once)
