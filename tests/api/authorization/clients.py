"""Clients, their project managers, teams and projects."""

from __future__ import annotations

from schema.enums import Role
from schema.tables import Client, ClientManager, Project, Team, TeamMember, now
from tests.api.authorization.world import Entry, Ids, Site, World, listed, name
from tests.api.people import Person

_CLIENT = "/clients/{client_id}"
_TEAM, _PROJECT = f"{_CLIENT}/teams/{{team_id}}", f"{_CLIENT}/projects/{{project_id}}"


async def client(world: World, site: Site, caller: Person) -> Ids:
    return {
        "client_id": site.client.id,
        "team_id": site.team.id,
        "project_id": site.project.id,
        "org_id": str(site.org.id),
        "client": site.client.name,
        "project": site.project.name,
    }


async def _empty_client(world: World, site: Site, caller: Person) -> Ids:
    """That holds nothing, and that the same people reach as the site's own."""
    made = Client(org_id=site.org.id, name=name())
    await world.add(made)
    await _reached_alike(world, site, made)
    return {"client_id": made.id}


async def _archived_client(world: World, site: Site, caller: Person) -> Ids:
    """As `_empty_client`, and nobody works for it any more."""
    made = Client(org_id=site.org.id, name=name(), archived_at=now())
    await world.add(made)
    await _reached_alike(world, site, made)
    return {"client_id": made.id}


async def _reached_alike(world: World, site: Site, made: Client) -> None:
    if site.linguist is None:
        return
    team = Team(client_id=made.id, name=name())
    people = [world.home[role] for role in (Role.CLIENT, Role.LINGUIST, Role.REVIEWER)]
    await world.add(
        team,
        *(TeamMember(team_id=team.id, user_id=person.id) for person in people),
        ClientManager(client_id=made.id, user_id=world.home[Role.PROJECT_MANAGER].id),
    )


async def _candidate(world: World, site: Site, caller: Person) -> Ids:
    user = await world.user(Role.PROJECT_MANAGER, site.org.id)
    return {**await client(world, site, caller), "user_id": str(user.id)}


async def manager(world: World, site: Site, caller: Person) -> Ids:
    ids = await _candidate(world, site, caller)
    await world.add(ClientManager(client_id=site.client.id, user_id=ids["user_id"]))
    return ids


async def _free_linguist(world: World, site: Site, caller: Person) -> Ids:
    user = await world.user(Role.LINGUIST, site.org.id)
    return {**await client(world, site, caller), "user_id": str(user.id)}


async def _in_team(world: World, site: Site, caller: Person) -> Ids:
    ids = await _free_linguist(world, site, caller)
    await world.add(TeamMember(team_id=site.team.id, user_id=ids["user_id"]))
    return ids


async def team(world: World, site: Site, caller: Person) -> Ids:
    made = Team(client_id=site.client.id, name=name())
    await world.add(made)
    return {"client_id": site.client.id, "team_id": made.id}


async def project(world: World, site: Site, caller: Person) -> Ids:
    made = Project(client_id=site.client.id, name=name())
    await world.add(made)
    return {"client_id": site.client.id, "project_id": made.id, "project": made.name}


def _name(ids: Ids) -> Ids:
    return {"name": name()}


def _whom(ids: Ids) -> Ids:
    return {"user_id": ids["user_id"]}


def _in_teams(answer: Ids, ids: Ids) -> bool:
    return ids["user_id"] in {person["id"] for each in answer["items"] for person in each["members"]}


def _newest(ids: Ids) -> str:
    return "sort=-created_at&size=100"


ENTRIES = {
    "GET /clients": Entry(client, query=lambda ids: f"q={ids['client']}", shown=listed("client_id")),
    "POST /clients": Entry(client, lambda ids: {"org_id": ids["org_id"], "name": name()}),
    f"GET {_CLIENT}": Entry(client),
    f"GET {_CLIENT} (with its style)": Entry(client, shown=lambda answer, ids: answer["style"] is not None),
    f"PATCH {_CLIENT}": Entry(client, lambda ids: {"style": "Short sentences."}),
    f"DELETE {_CLIENT}": Entry(_empty_client),
    f"POST {_CLIENT}/purge": Entry(_archived_client),
    f"GET {_CLIENT}/pm": Entry(manager, query=_newest, shown=listed("user_id")),
    f"POST {_CLIENT}/pm": Entry(_candidate, _whom),
    f"DELETE {_CLIENT}/pm/{{user_id}}": Entry(manager),
    f"GET {_CLIENT}/teams": Entry(client, query=_newest, shown=listed("team_id")),
    f"GET {_CLIENT}/teams (with who is in them)": Entry(_in_team, query=_newest, shown=_in_teams),
    f"POST {_CLIENT}/teams": Entry(client, _name),
    f"PATCH {_TEAM}": Entry(team, _name),
    f"DELETE {_TEAM}": Entry(team),
    f"GET {_TEAM}/members": Entry(_in_team, query=_newest, shown=listed("user_id")),
    f"POST {_TEAM}/members": Entry(_free_linguist, _whom),
    f"DELETE {_TEAM}/members/{{user_id}}": Entry(_in_team),
    "GET /clients/all-projects": Entry(
        project, query=lambda ids: f"q={ids['project']}", shown=listed("project_id")
    ),
    f"GET {_CLIENT}/projects": Entry(client, shown=listed("project_id")),
    f"POST {_CLIENT}/projects": Entry(client, _name),
    f"PATCH {_PROJECT}": Entry(project, _name),
    f"DELETE {_PROJECT}": Entry(project),
}
