"""Teams and projects of a client."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from api.asked import Asked
from api.bodies.people import NameBody, PersonOut, ProjectOut, TeamOut, WhoBody
from api.context import Context
from api.guards.clients import TeamOfClient
from api.operations.clients import member
from api.pagination import Page, Slice
from schema.enums import Role
from schema.errors import Conflict, NotFound
from schema.queries import clients, named
from schema.queries.named import Wanted, one_of_its_name
from schema.tables import Project, Team, TeamMember, User, now
from schema.tables.people import Client

N = TypeVar("N", Team, Project)
_IN_TEAMS = (Role.CLIENT, Role.LINGUIST, Role.REVIEWER)


async def teams(ctx: Context, client: Client, wanted: Wanted, paging: Slice) -> Page[TeamOut]:
    found = await clients.teams(ctx.session, ctx.principal, client.id, wanted)
    return paging.of(await _shown(ctx, list(found.items)), found.total, capped=found.capped)


async def members(ctx: Context, found: TeamOfClient, wanted: Wanted, paging: Slice) -> Page[PersonOut]:
    listed = await clients.members_of_team(ctx.session, ctx.principal, found.team.id, wanted)
    return paging.of([PersonOut.of(user) for _, user in listed.items], listed.total, capped=listed.capped)


async def shown(ctx: Context, team: Team) -> TeamOut:
    return (await _shown(ctx, [team]))[0]


async def _shown(ctx: Context, rows: list[Team]) -> list[TeamOut]:
    members = await clients.team_members(ctx.session, ctx.principal, [team.id for team in rows])
    return [
        TeamOut(
            id=team.id,
            client_id=team.client_id,
            name=team.name,
            members=[PersonOut.of(user) for user in members[team.id]],
        )
        for team in rows
    ]


async def create(ctx: Context, noun: type[N], client: Client, body: NameBody, once: Asked) -> N:
    """Creates a team or a project with this name.

    Raises:
        Conflict: the name is taken.
    """
    word = noun.__name__.lower()
    made = await named.made(ctx.session, noun, once.uuid(word))
    if made is None:
        made = noun(id=once.uuid(word), client_id=client.id, name=body.name)
        async with one_of_its_name(ctx.session, noun, body.name, client_id=client.id):
            ctx.session.add(made)
    await ctx.record(once, f"{word}.create", word, made.id, after={"name": made.name})
    await ctx.session.commit()
    return made


async def rename(ctx: Context, found: N, body: NameBody, once: Asked) -> N:
    """Renames a team or a project.

    Raises:
        Conflict: the name is taken.
        NotFound: it was deleted meanwhile.
    """
    noun = type(found)
    word = noun.__name__.lower()
    row = await named.locked(ctx.session, noun, found.id)
    if await ctx.done(once, f"{word}.change", row.id):
        await ctx.session.commit()
        return row
    before = {"name": row.name}
    async with one_of_its_name(ctx.session, noun, body.name, client_id=row.client_id):
        row.name = body.name
    await ctx.record(once, f"{word}.change", word, row.id, before=before, after={"name": row.name})
    await ctx.session.commit()
    return row


async def delete_team(ctx: Context, client: Client, team_id: UUID, once: Asked) -> None:
    """Raises:
    Conflict: it has members.
    NotFound: it does not exist, and this request did not delete it.
    """
    if await ctx.done(once, "team.delete", team_id):
        return
    if await clients.team(ctx.session, client.id, team_id) is None:
        raise NotFound("Team not found")
    team = await named.locked(ctx.session, Team, team_id)
    if members := await clients.team_size(ctx.session, team.id):
        raise Conflict(f"{members} people are in {team.name}. Remove them first.", holds={"members": members})
    await ctx.record(once, "team.delete", "team", team.id, before={"name": team.name})
    await ctx.session.delete(team)
    await ctx.session.commit()


async def add_to_team(ctx: Context, found: TeamOfClient, who: WhoBody, once: Asked) -> User:
    """Adds a member to a team. Returns the person.

    Raises:
        Invalid: they do not belong to the organisation, or not in a role that is in teams.
        Conflict: they are already in the team.
    """
    user = await member(ctx, found.client, who, *_IN_TEAMS)
    team = await named.locked(ctx.session, Team, found.team.id)
    row = TeamMember(id=once.uuid("member"), team_id=team.id, user_id=user.id)
    await named.join(ctx.session, row, Conflict(f"{user.name} is in {team.name} already.", id=str(user.id)))
    told = {"user_id": str(user.id)}
    await ctx.record(once, "team.add_member", "team", team.id, after=told, security=True)
    await ctx.session.commit()
    return user


async def remove_from_team(ctx: Context, found: TeamOfClient, user_id: UUID, once: Asked) -> None:
    if await ctx.done(once, "team.remove_member", found.team.id):
        return
    if not await clients.end_team_member(ctx.session, found.team.id, user_id):
        raise NotFound("Member not found")
    told = {"user_id": str(user_id)}
    await ctx.record(once, "team.remove_member", "team", found.team.id, before=told, security=True)
    await ctx.session.commit()


async def projects(
    ctx: Context, wanted: Wanted, paging: Slice, client: Client | None = None
) -> Page[ProjectOut]:
    found = await clients.projects(ctx.session, ctx.principal, wanted, client.id if client else None)
    items = [ProjectOut.model_validate(each, from_attributes=True) for each in found.items]
    return paging.of(items, found.total, capped=found.capped)


async def delete_project(ctx: Context, client: Client, project_id: UUID, once: Asked) -> None:
    """Raises:
    Conflict: it has jobs.
    NotFound: it does not exist, and this request did not delete it.
    """
    if await ctx.done(once, "project.delete", project_id):
        return
    if await clients.project(ctx.session, client.id, project_id) is None:
        raise NotFound("Project not found")
    project = await named.locked(ctx.session, Project, project_id)
    if jobs := await clients.holds(ctx.session, project_id=project.id):
        raise Conflict(f"{jobs} jobs belong to {project.name}. Delete them first.", holds={"jobs": jobs})
    project.deleted_at = now()
    await ctx.record(once, "project.delete", "project", project.id, before={"name": project.name})
    await ctx.session.commit()
