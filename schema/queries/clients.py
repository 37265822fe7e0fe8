"""Clients, and their project managers, teams and projects."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.errors import NotFound
from schema.permissions import Principal
from schema.queries import named, people
from schema.queries.arrays import among
from schema.queries.seen import seen
from schema.queries.visibility import unscoped
from schema.tables import ClientManager, Job, Project, Team, TeamMember, User
from schema.tables.people import Client


async def visible(
    session: AsyncSession, who: Principal, client_id: UUID, *, with_deleted: bool = False
) -> Client | None:
    """Only admins see deleted ones, with `with_deleted`."""
    narrowed = sa.true() if with_deleted and who.is_admin else seen(who, Client)
    return await session.scalar(sa.select(Client).where(col(Client.id) == client_id, narrowed))


async def listed(
    session: AsyncSession, who: Principal, wanted: named.Wanted, org_id: UUID | None
) -> named.Found[Client]:
    query = sa.select(Client).where(seen(who, Client))
    if org_id is not None:
        query = query.where(col(Client.org_id) == org_id)
    return await named.page(session, query, Client, wanted)


async def is_managed_by(session: AsyncSession, client_id: UUID, user_id: UUID) -> bool:
    unscoped("of a client that a guard handed over")
    row = await session.scalar(
        sa.select(col(ClientManager.id)).where(
            col(ClientManager.client_id) == client_id, col(ClientManager.user_id) == user_id
        )
    )
    return row is not None


async def managers(
    session: AsyncSession, who: Principal, client_id: UUID, wanted: named.Wanted
) -> named.Found[tuple[ClientManager, User]]:
    """Those whom the caller sees."""
    place = col(ClientManager.client_id) == client_id
    return await people.page(session, ClientManager, place, [seen(who, User)], wanted)


async def holds(
    session: AsyncSession, *, client_id: UUID | None = None, project_id: UUID | None = None
) -> int:
    """How many jobs, other than deleted ones, belong to a client or a project."""
    unscoped("a number, of what a guard handed over")
    where = col(Job.client_id) == client_id if client_id else col(Job.project_id) == project_id
    counted = sa.select(sa.func.count()).select_from(Job).where(where, col(Job.deleted_at).is_(None))
    return await session.scalar(counted) or 0


async def teams(
    session: AsyncSession, who: Principal, client_id: UUID, wanted: named.Wanted
) -> named.Found[Team]:
    query = sa.select(Team).where(col(Team.client_id) == client_id, seen(who, Team))
    return await named.page(session, query, Team, wanted)


async def team(session: AsyncSession, client_id: UUID, team_id: UUID) -> Team | None:
    unscoped("of a client that a guard handed over")
    return await session.scalar(
        sa.select(Team).where(col(Team.client_id) == client_id, col(Team.id) == team_id)
    )


async def team_members(
    session: AsyncSession, who: Principal, team_ids: Collection[UUID]
) -> Mapping[UUID, list[User]]:
    """By team: the members that the caller sees, by name."""
    rows = await session.execute(
        sa.select(col(TeamMember.team_id), User)
        .join(User, col(User.id) == col(TeamMember.user_id))
        .where(among(col(TeamMember.team_id), team_ids), col(User.deleted_at).is_(None), seen(who, User))
        .order_by(sa.func.lower(col(User.name)), col(User.id))
    )
    found: dict[UUID, list[User]] = {team_id: [] for team_id in team_ids}
    for team_id, user in rows:
        found[team_id].append(user)
    return found


async def members_of_team(
    session: AsyncSession, who: Principal, team_id: UUID, wanted: named.Wanted
) -> named.Found[tuple[TeamMember, User]]:
    """Those whom the caller sees."""
    return await people.page(
        session, TeamMember, col(TeamMember.team_id) == team_id, [seen(who, User)], wanted
    )


async def projects(
    session: AsyncSession, who: Principal, wanted: named.Wanted, client_id: UUID | None = None
) -> named.Found[Project]:
    query = sa.select(Project).where(seen(who, Project), col(Project.deleted_at).is_(None))
    if client_id is not None:
        query = query.where(col(Project.client_id) == client_id)
    return await named.page(session, query, Project, wanted)


async def holds_open(session: AsyncSession, project_id: UUID) -> bool:
    """Whether the project and its client exist. Until commit, whoever deletes either waits, and then counts what was
    added meanwhile."""
    query = (
        sa.select(col(Project.id))
        .join(Client, col(Client.id) == col(Project.client_id))
        .where(
            col(Project.id) == project_id,
            col(Project.deleted_at).is_(None),
            col(Client.deleted_at).is_(None),
            col(Client.archived_at).is_(None),
        )
        .with_for_update(read=True, key_share=True)
    )
    return await session.scalar(query) is not None


async def whose(session: AsyncSession, client_id: UUID) -> Client:
    """The client of an object from a guard. The caller need not have access to the rest of the client."""
    unscoped("of a thing that a guard handed over")
    found = await session.scalar(sa.select(Client).where(col(Client.id) == client_id))
    assert found is not None
    return found


async def keep(session: AsyncSession, client_id: UUID) -> None:
    """Locks a client until commit, so that it is not deleted meanwhile.

    Raises:
        NotFound: it was deleted just now.
    """
    unscoped("of a client that its caller was found to reach")
    query = sa.select(col(Client.id)).where(col(Client.id) == client_id, col(Client.deleted_at).is_(None))
    if await session.scalar(query.with_for_update(key_share=True)) is None:
        raise NotFound("The client was deleted just now")


async def project(session: AsyncSession, client_id: UUID, project_id: UUID) -> Project | None:
    unscoped("of a client that a guard handed over")
    return await session.scalar(
        sa.select(Project).where(
            col(Project.client_id) == client_id,
            col(Project.id) == project_id,
            col(Project.deleted_at).is_(None),
        )
    )


async def end_manager(session: AsyncSession, client_id: UUID, user_id: UUID) -> bool:
    unscoped("of a client that a guard handed over")
    ended = await session.execute(
        sa.delete(ClientManager)
        .where(col(ClientManager.client_id) == client_id, col(ClientManager.user_id) == user_id)
        .returning(col(ClientManager.id))
    )
    return ended.first() is not None


async def end_team_member(session: AsyncSession, team_id: UUID, user_id: UUID) -> bool:
    unscoped("of a team that a guard handed over")
    ended = await session.execute(
        sa.delete(TeamMember)
        .where(col(TeamMember.team_id) == team_id, col(TeamMember.user_id) == user_id)
        .returning(col(TeamMember.id))
    )
    return ended.first() is not None


async def team_size(session: AsyncSession, team_id: UUID) -> int:
    unscoped("a number, of a team that a guard handed over")
    counted = sa.select(sa.func.count()).select_from(TeamMember).where(col(TeamMember.team_id) == team_id)
    return await session.scalar(counted) or 0
