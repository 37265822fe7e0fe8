"""Service tokens, with which other systems authenticate to an organisation."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.authn import Caller
from api.bodies.service_tokens import (
    ServiceTokenBody,
    ServiceTokenChanged,
    ServiceTokenMade,
    ServiceTokenOut,
    ServiceTokenPatch,
)
from api.errors import errors
from api.guards.organizations import IntegrableOrganization
from api.guards.service_tokens import ManageableToken
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import service_tokens
from api.pagination import Naming, Page, Paging

router = APIRouter(
    prefix="/organizations/{org_id}/service-tokens", tags=["Service tokens"], route_class=KeyedRoute
)
_ERRORS = errors(400, 401, 403, 404, 409)


@router.get("", responses=errors(401, 403, 404))
async def list_service_tokens(
    organization: IntegrableOrganization, caller: Caller, wanted: Naming, paging: Paging
) -> Page[ServiceTokenOut]:
    """Lists the tokens that are not deleted, including expired ones."""
    return await service_tokens.listing(caller, organization, wanted, paging)


@router.post("", status_code=201, responses=_ERRORS)
async def create_service_token(
    organization: IntegrableOrganization,
    body: ServiceTokenBody,
    caller: Caller,
    once: Once,
    response: Response,
) -> ServiceTokenMade:
    """Creates a token, which is shown only once and works in this organisation only. Production creates tokens for
    clients, linguists, reviewers and project managers; admins also for production. A token reaches clients like a
    person: add its `user_id` to teams, or as a project manager."""
    made = await service_tokens.create(caller, organization, body, once)
    located(caller.parts.settings, response, f"/organizations/{organization.id}/service-tokens/{made.id}")
    return made


@router.patch("/{token_id}", responses=_ERRORS)
async def change_service_token(
    found: ManageableToken, body: ServiceTokenPatch, caller: Caller, once: Once
) -> ServiceTokenChanged:
    """Changes a token's name, role or expiry. With `rotate` a new token replaces it and is shown once. All changes
    apply from the next request on."""
    return await service_tokens.change(caller, found, body, once)


@router.delete("/{token_id}", status_code=204, responses=_ERRORS)
async def delete_service_token(found: ManageableToken, caller: Caller, once: Once) -> None:
    """Deletes a token. What it did stays in the history under its name."""
    await service_tokens.delete(caller, found, once)
