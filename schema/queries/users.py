"""Users and their memberships."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import Role
from schema.permissions import Permission, Principal, allows
from schema.queries.arrays import among
from schema.queries.visibility import reached_by
from schema.tables import Membership, Project, RefreshToken, User
from schema.tables.people import Client

OF_PRINCIPAL = (
    col(User.email),
    col(User.name),
    col(User.role),
    col(User.epoch),
    col(User.is_service),
    col(Membership.org_id),
    col(Membership.role),
)
"""The columns of each membership, for `principal_of`."""
_PRINCIPAL = (
    sa.select(*OF_PRINCIPAL)
    .outerjoin(Membership, col(Membership.user_id) == col(User.id))
    .where(
        col(User.id) == sa.bindparam("user_id"), col(User.disabled_at).is_(None), col(User.deleted_at).is_(None)
    )
)  # fmt: skip
_SIGNED_IN = _PRINCIPAL.where(
    sa.exists().where(
        col(RefreshToken.family) == sa.bindparam("sign_in"),
        col(RefreshToken.user_id) == col(User.id),
        col(RefreshToken.revoked_at).is_(None),
    )
)
"""Runs for every request, so it is built once."""


async def principal(session: AsyncSession, user_id: UUID) -> Principal | None:
    """The user with their memberships, in one query; None if disabled, deleted or unknown."""
    return principal_of(user_id, (await session.execute(_PRINCIPAL, {"user_id": user_id})).all())


async def signed_in(session: AsyncSession, user_id: UUID, sign_in: UUID) -> Principal | None:
    """Like `principal`; None also if their session (a family of refresh tokens) has ended. In one query."""
    found = await session.execute(_SIGNED_IN, {"user_id": user_id, "sign_in": sign_in})
    return principal_of(user_id, found.all())


def principal_of(user_id: UUID, rows: Sequence[Any]) -> Principal | None:
    """The principal from rows of `OF_PRINCIPAL`."""
    if not rows:
        return None
    email, name, role, epoch, is_service, _, _ = rows[0]
    memberships: dict[UUID, Role | None] = {org: extra for *_, org, extra in rows if org is not None}
    return Principal(user_id, email, name, role, epoch, memberships, is_service)


async def by_email(session: AsyncSession, email: str) -> User | None:
    """The user who may sign in under `email`, case-insensitively. Services cannot sign in."""
    return await session.scalar(
        sa.select(User).where(
            col(User.email) == email.strip().lower(),
            col(User.is_service).is_(False),
            col(User.disabled_at).is_(None),
            col(User.deleted_at).is_(None),
        )
    )


async def why_not_assigned(
    session: AsyncSession, user_id: UUID, org_id: UUID, *, as_reviewer: bool
) -> str | None:
    """Why a person cannot be assigned a language of the organisation's jobs, in words; None if they can."""
    who = await principal(session, user_id)
    if who is None or org_id not in who.memberships:
        return "Only an active member of the job's organisation can be assigned."
    if not allows(who.roles_in(org_id), Permission.REVIEW_LANGUAGE if as_reviewer else Permission.TRANSLATE):
        work = "review" if as_reviewer else "translate"
        return f"Their role in the job's organisation does not let them {work}: choose somebody else."
    return None


async def active(session: AsyncSession, user_id: UUID | None) -> User | None:
    """The person, if they may sign in."""
    return await session.scalar(
        sa.select(User).where(
            col(User.id) == user_id,
            col(User.is_service).is_(False),
            col(User.disabled_at).is_(None),
            col(User.deleted_at).is_(None),
        )
    )


async def names(session: AsyncSession, ids: Collection[UUID | None]) -> Mapping[UUID, str]:
    """The names of users, including deleted ones, whose past work keeps their name."""
    wanted = {user_id for user_id in ids if user_id is not None}
    if not wanted:
        return {}
    found = await session.execute(sa.select(col(User.id), col(User.name)).where(among(col(User.id), wanted)))
    return {row[0]: row[1] for row in found}


async def reachable_projects(
    session: AsyncSession,
    who: Principal,
    project_id: UUID | None = None,
    client_id: UUID | None = None,
    *,
    limit: int,
) -> list[tuple[Project, Client]]:
    """Projects of the clients that `who` can access, oldest first; optionally only the named one, or those of one
    client."""
    query = (
        sa.select(Project, Client)
        .join(Client, col(Client.id) == col(Project.client_id))
        .where(
            col(Project.deleted_at).is_(None),
            col(Client.deleted_at).is_(None),
            col(Client.archived_at).is_(None),
        )
        .order_by(col(Project.created_at), col(Project.id))
        .limit(limit)
    )
    if project_id is not None:
        query = query.where(col(Project.id) == project_id)
    if client_id is not None:
        query = query.where(col(Client.id) == client_id)
    if not who.is_admin:
        query = query.where(reached_by(who, col(Client.org_id), col(Client.id)))
    return [(project, client) for project, client in await session.execute(query)]
