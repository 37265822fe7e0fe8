"""Teams of a client, by which its users, linguists and reviewers reach it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.authn import Caller
from api.bodies.people import NameBody, TeamOut, WhoBody
from api.errors import errors
from api.guards.clients import LeadableTeam, ManageableClient, ManageableTeam, VisibleClient
from api.idempotency import KeyedRoute, Once
from api.operations import teams

router = APIRouter(
    prefix="/clients/{client_id}/teams", tags=["Clients, teams & projects"], route_class=KeyedRoute
)
_ERRORS = errors(400, 401, 403, 404, 409)


@router.get("", responses=errors(401, 404))
async def list_teams(client: VisibleClient, caller: Caller) -> list[TeamOut]:
    """Its teams, with those members whom the caller may see."""
    return await teams.teams(caller, client)


@router.post("", status_code=201, responses=_ERRORS)
async def create(client: ManageableClient, body: NameBody, caller: Caller, once: Once) -> TeamOut:
    """A new team, with nobody in it yet."""
    return await teams.shown(caller, await teams.create_team(caller, client, body, once))


@router.patch("/{team_id}", responses=_ERRORS)
async def change(found: ManageableTeam, body: NameBody, caller: Caller, once: Once) -> TeamOut:
    """Another name."""
    return await teams.shown(caller, await teams.rename_team(caller, found, body, once))


@router.delete("/{team_id}", status_code=204, responses=_ERRORS)
async def delete(found: ManageableTeam, caller: Caller, once: Once) -> None:
    """409 while somebody is in it."""
    await teams.delete_team(caller, found, once)


@router.post("/{team_id}/members", status_code=201, responses=_ERRORS)
async def add_member(found: LeadableTeam, body: WhoBody, caller: Caller, once: Once) -> TeamOut:
    """A member of the client's organisation who is a client, a linguist or a reviewer there."""
    return await teams.add_to_team(caller, found, body, once)


@router.delete("/{team_id}/members/{user_id}", status_code=204, responses=_ERRORS)
async def remove_member(found: LeadableTeam, user_id: UUID, caller: Caller, once: Once) -> None:
    """They do not reach the client by this team from the next request on."""
    await teams.remove_from_team(caller, found, user_id, once)
