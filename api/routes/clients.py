"""Clients, their project managers and their projects."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.authn import Caller
from api.bodies.people import (
    ClientBody,
    ClientOut,
    ClientPatch,
    ClientPurge,
    NameBody,
    PersonOut,
    ProjectOut,
    WhoBody,
)
from api.errors import errors
from api.guards.clients import (
    DeletableClient,
    ManageableClient,
    ManageableProject,
    ProjectId,
    VisibleClient,
)
from api.guards.organizations import Administrator
from api.guards.users import UserId
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import clients, teams
from api.pagination import Naming, Page, Paging
from schema.tables import Project

router = APIRouter(prefix="/clients", tags=["Clients, teams & projects"], route_class=KeyedRoute)
_ERRORS = errors(400, 401, 403, 404, 409)


@router.get("", responses=errors(401))
async def list_clients(
    caller: Caller,
    wanted: Naming,
    paging: Paging,
    org_id: Annotated[UUID | None, Query(description="Of this organisation alone.")] = None,
) -> Page[ClientOut]:
    """Lists the clients that the caller sees."""
    return await clients.listing(caller, wanted, org_id, paging)


@router.post("", status_code=201, responses=errors(400, 401, 403, 409))
async def create_client(caller: Administrator, body: ClientBody, once: Once, response: Response) -> ClientOut:
    """Creates a client of an organisation."""
    made = await clients.create(caller, body, once)
    located(caller.parts.settings, response, f"/clients/{made.id}")
    return clients.shown(caller, made)


@router.get("/all-projects", responses=errors(401))
async def list_all_projects(caller: Caller, wanted: Naming, paging: Paging) -> Page[ProjectOut]:
    """Lists the projects of every client that the caller sees."""
    return await teams.projects(caller, wanted, paging)


@router.get("/{client_id}", responses=errors(401, 404))
async def get_client(client: VisibleClient, caller: Caller) -> ClientOut:
    """Returns one client."""
    return clients.shown(caller, client)


@router.patch("/{client_id}", responses=_ERRORS)
async def change_client(client: ManageableClient, body: ClientPatch, caller: Caller, once: Once) -> ClientOut:
    """Changes a client. Absent fields stay unchanged."""
    return clients.shown(caller, await clients.change(caller, client, body, once))


@router.delete("/{client_id}", status_code=204, responses=_ERRORS)
async def delete_client(client: DeletableClient, caller: Caller, once: Once) -> None:
    """Deletes a client with its projects; 409 if it has jobs."""
    await clients.delete(caller, client, once)


@router.post("/{client_id}/purge", status_code=202, responses=_ERRORS)
async def purge_client(client: DeletableClient, caller: Caller, once: Once) -> ClientPurge:
    """Purges an archived client with all of its jobs, permanently; 409 if it is in use."""
    return await clients.purge(caller, client, once)


@router.get("/{client_id}/pm", responses=errors(401, 404))
async def list_managers(
    client: VisibleClient, caller: Caller, wanted: Naming, paging: Paging
) -> Page[PersonOut]:
    """Lists the client's project managers that the caller may see."""
    return await clients.managers(caller, client, wanted, paging)


@router.post("/{client_id}/pm", status_code=201, responses=_ERRORS)
async def add_manager(
    client: ManageableClient, body: WhoBody, caller: Caller, once: Once, response: Response
) -> PersonOut:
    """Adds a project manager: a member of the client's organisation with that role."""
    added = await clients.add_manager(caller, client, body, once)
    located(caller.parts.settings, response, f"/clients/{client.id}/pm/{added.id}")
    return added


@router.delete("/{client_id}/pm/{user_id}", status_code=204, responses=_ERRORS)
async def remove_manager(client: ManageableClient, user_id: UserId, caller: Caller, once: Once) -> None:
    """Removes a project manager from the client."""
    await clients.remove_manager(caller, client, user_id, once)


@router.get("/{client_id}/projects", responses=errors(401, 404))
async def list_projects(
    client: VisibleClient, caller: Caller, wanted: Naming, paging: Paging
) -> Page[ProjectOut]:
    """Lists the client's projects."""
    return await teams.projects(caller, wanted, paging, client)


@router.post("/{client_id}/projects", status_code=201, responses=_ERRORS)
async def create_project(
    client: ManageableClient, body: NameBody, caller: Caller, once: Once, response: Response
) -> ProjectOut:
    """Creates a project of the client."""
    made = await teams.create(caller, Project, client, body, once)
    located(caller.parts.settings, response, f"/clients/{client.id}/projects/{made.id}")
    return ProjectOut.model_validate(made, from_attributes=True)


@router.patch("/{client_id}/projects/{project_id}", responses=_ERRORS)
async def change_project(found: ManageableProject, body: NameBody, caller: Caller, once: Once) -> ProjectOut:
    """Renames a project."""
    changed = await teams.rename(caller, found, body, once)
    return ProjectOut.model_validate(changed, from_attributes=True)


@router.delete("/{client_id}/projects/{project_id}", status_code=204, responses=_ERRORS)
async def delete_project(client: ManageableClient, project_id: ProjectId, caller: Caller, once: Once) -> None:
    """Deletes a project; 409 if it has jobs."""
    await teams.delete_project(caller, client, project_id, once)
