"""Users as they are now, and who belongs where."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import Role
from schema.permissions import Principal
from schema.tables import ClientManager, Membership, Project, Team, TeamMember, User
from schema.tables.people import Client

_PRINCIPAL = (
    sa.select(
        col(User.email), col(User.name), col(User.role), col(User.epoch), col(Membership.org_id), col(Membership.role)
    )
    .outerjoin(Membership, col(Membership.user_id) == col(User.id))
    .where(
        col(User.id) == sa.bindparam("user_id"), col(User.disabled_at).is_(None), col(User.deleted_at).is_(None)
    )
)  # fmt: skip
"""Asked at every request, so built once."""


async def principal(session: AsyncSession, user_id: UUID) -> Principal | None:
    """The user with their memberships, in one query; None where disabled, deleted or unknown."""
    rows = (await session.execute(_PRINCIPAL, {"user_id": user_id})).all()
    if not rows:
        return None
    email, name, role, epoch, _, _ = rows[0]
    memberships: dict[UUID, Role | None] = {org: extra for *_, org, extra in rows if org is not None}
    return Principal(user_id, email, name, role, epoch, memberships)


async def by_email(session: AsyncSession, email: str) -> User | None:
    """The user who may sign in under `email`, in any case."""
    return await session.scalar(
        sa.select(User).where(
            col(User.email) == email.strip().lower(),
            col(User.disabled_at).is_(None),
            col(User.deleted_at).is_(None),
        )
    )


async def member(session: AsyncSession, user_id: UUID, org_id: UUID) -> User | None:
    """An active user who belongs to the organisation."""
    return await session.scalar(
        sa.select(User)
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(
            col(User.id) == user_id,
            col(Membership.org_id) == org_id,
            col(User.disabled_at).is_(None),
            col(User.deleted_at).is_(None),
        )
    )


async def names(session: AsyncSession, ids: Collection[UUID | None]) -> Mapping[UUID, str]:
    """The names of users, the deleted ones included: what they did stays theirs."""
    wanted = {user_id for user_id in ids if user_id is not None}
    if not wanted:
        return {}
    found = await session.execute(sa.select(col(User.id), col(User.name)).where(col(User.id).in_(wanted)))
    return {row[0]: row[1] for row in found}


async def reachable_projects(session: AsyncSession, who: Principal) -> list[tuple[Project, Client]]:
    """The projects in which `who` may have a job: those of the clients that they manage or reach by a team, for
    production all of their organisations', for admin all."""
    query = (
        sa.select(Project, Client)
        .join(Client, col(Client.id) == col(Project.client_id))
        .where(col(Project.deleted_at).is_(None), col(Client.deleted_at).is_(None))
        .order_by(col(Project.created_at))
    )
    if not who.is_admin:
        managed = sa.select(col(ClientManager.client_id)).where(col(ClientManager.user_id) == who.user_id)
        teams = (
            sa.select(col(Team.client_id))
            .join(TeamMember, col(TeamMember.team_id) == col(Team.id))
            .where(col(TeamMember.user_id) == who.user_id)
        )
        org, client = col(Client.org_id), col(Client.id)
        query = query.where(
            sa.or_(
                org.in_(who.organisations_as(Role.PRODUCTION, Role.ADMIN)),
                sa.and_(org.in_(who.organisations_as(Role.PROJECT_MANAGER)), client.in_(managed)),
                sa.and_(org.in_(list(who.memberships)), client.in_(teams)),
            )
        )
    return [(project, client) for project, client in await session.execute(query)]
