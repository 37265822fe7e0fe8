"""Teams of a client, which give users, linguists and reviewers access to it."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.authn import Caller
from api.bodies.people import NameBody, PersonOut, TeamOut, WhoBody
from api.errors import errors
from api.guards.clients import (
    LeadableTeam,
    ManageableClient,
    ManageableTeam,
    TeamId,
    VisibleClient,
    VisibleTeam,
)
from api.guards.users import UserId
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import teams
from api.pagination import Naming, Page, Paging
from schema.tables import Team

router = APIRouter(
    prefix="/clients/{client_id}/teams", tags=["Clients, teams & projects"], route_class=KeyedRoute
)
_ERRORS = errors(400, 401, 403, 404, 409)


@router.get("", responses=errors(401, 404))
async def list_teams(client: VisibleClient, caller: Caller, wanted: Naming, paging: Paging) -> Page[TeamOut]:
    """Lists the client's teams, with the members that the caller may see."""
    return await teams.teams(caller, client, wanted, paging)


@router.post("", status_code=201, responses=_ERRORS)
async def create_team(
    client: ManageableClient, body: NameBody, caller: Caller, once: Once, response: Response
) -> TeamOut:
    """Creates a team without members."""
    made = await teams.create(caller, Team, client, body, once)
    located(caller.parts.settings, response, f"/clients/{client.id}/teams/{made.id}")
    return await teams.shown(caller, made)


@router.patch("/{team_id}", responses=_ERRORS)
async def change_team(found: ManageableTeam, body: NameBody, caller: Caller, once: Once) -> TeamOut:
    """Renames a team."""
    return await teams.shown(caller, await teams.rename(caller, found.team, body, once))


@router.delete("/{team_id}", status_code=204, responses=_ERRORS)
async def delete_team(client: ManageableClient, team_id: TeamId, caller: Caller, once: Once) -> None:
    """Deletes a team; 409 while it has members."""
    await teams.delete_team(caller, client, team_id, once)


@router.get("/{team_id}/members", responses=errors(401, 404))
async def list_team_members(
    found: VisibleTeam, caller: Caller, wanted: Naming, paging: Paging
) -> Page[PersonOut]:
    """Lists the members that the caller may see."""
    return await teams.members(caller, found, wanted, paging)


@router.post("/{team_id}/members", status_code=201, responses=_ERRORS)
async def add_to_team(
    found: LeadableTeam, body: WhoBody, caller: Caller, once: Once, response: Response
) -> TeamOut:
    """Adds a member of the client's organisation who is a client, a linguist or a reviewer there."""
    added = await teams.add_to_team(caller, found, body, once)
    base = f"/clients/{found.client.id}/teams/{found.team.id}"
    located(caller.parts.settings, response, f"{base}/members/{added.id}")
    return await teams.shown(caller, found.team)


@router.delete("/{team_id}/members/{user_id}", status_code=204, responses=_ERRORS)
async def take_from_team(found: LeadableTeam, user_id: UserId, caller: Caller, once: Once) -> None:
    """Removes a member, who loses the access that this team gives from the next request on."""
    await teams.remove_from_team(caller, found, user_id, once)
