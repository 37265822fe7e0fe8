"""Guards of clients, their teams and their projects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.authn import Caller
from api.context import Context
from api.guards.base import GUARDS, Rule
from schema.enums import Role
from schema.errors import NotFound
from schema.permissions import GRANTED, Permission, forbidden
from schema.queries import clients
from schema.tables import Project, Team
from schema.tables.people import Client

ClientId = Annotated[UUID, Path(description="The client's.")]
TeamId = Annotated[UUID, Path(description="The team's.")]
ProjectId = Annotated[UUID, Path(description="The project's.")]


@dataclass(frozen=True, slots=True)
class TeamOfClient:
    """A team that the caller is authorised to touch."""

    client: Client
    team: Team


async def _seen(
    ctx: Context, client_id: UUID, permission: Permission, *, with_deleted: bool = False
) -> Client:
    found = await clients.visible(ctx.session, ctx.principal, client_id, with_deleted=with_deleted)
    if found is None:
        raise NotFound("Client not found")
    if not await _may(ctx, permission, found):
        raise forbidden(permission)
    return found


async def _may(ctx: Context, permission: Permission, client: Client) -> bool:
    if permission is Permission.LEAD_PEOPLE:
        return await leads(ctx, permission, client.org_id, client.id)
    return ctx.principal.may(permission, client.org_id)


async def leads(ctx: Context, permission: Permission, org_id: UUID, client_id: UUID) -> bool:
    """Whether the caller has `permission` over a client. A project manager has it over the clients that they manage,
    not over others that they see."""
    who = ctx.principal
    held = GRANTED[permission] & who.roles_in(org_id)
    if held == {Role.PROJECT_MANAGER}:
        return await clients.is_managed_by(ctx.session, client_id, who.user_id)
    return bool(held)


def _guard(permission: Permission, *, with_deleted: bool = False) -> Callable[..., Awaitable[Client]]:
    async def guard(client_id: ClientId, ctx: Caller) -> Client:
        return await _seen(ctx, client_id, permission, with_deleted=with_deleted)

    GUARDS[guard] = Rule(permission)
    return guard


def _team_guard(permission: Permission) -> Callable[..., Awaitable[TeamOfClient]]:
    async def guard(client_id: ClientId, team_id: TeamId, ctx: Caller) -> TeamOfClient:
        client = await _seen(ctx, client_id, permission)
        team = await clients.team(ctx.session, client.id, team_id)
        if team is None:
            raise NotFound("Team not found")
        return TeamOfClient(client, team)

    GUARDS[guard] = Rule(permission)
    return guard


async def _project(client_id: ClientId, project_id: ProjectId, ctx: Caller) -> Project:
    client = await _seen(ctx, client_id, Permission.ADMINISTER)
    project = await clients.project(ctx.session, client.id, project_id)
    if project is None:
        raise NotFound("Project not found")
    return project


GUARDS[_project] = Rule(Permission.ADMINISTER)

VisibleClient = Annotated[Client, Depends(_guard(Permission.READ))]
ManageableClient = Annotated[Client, Depends(_guard(Permission.ADMINISTER))]
DeletableClient = Annotated[Client, Depends(_guard(Permission.ADMINISTER, with_deleted=True))]
"""Includes deleted ones, because the same request sent again gets the same answer."""
VisibleTeam = Annotated[TeamOfClient, Depends(_team_guard(Permission.READ))]
ManageableTeam = Annotated[TeamOfClient, Depends(_team_guard(Permission.ADMINISTER))]
LeadableTeam = Annotated[TeamOfClient, Depends(_team_guard(Permission.LEAD_PEOPLE))]
ManageableProject = Annotated[Project, Depends(_project)]
