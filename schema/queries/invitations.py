"""Invitations."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.permissions import Principal
from schema.queries.seen import seen
from schema.queries.visibility import unscoped
from schema.tables import Invitation, Membership, Organization, Team, TeamMember, User, now
from schema.tables.people import Client


async def page(
    session: AsyncSession, who: Principal, org_id: UUID, *, offset: int, limit: int
) -> tuple[list[Invitation], int]:
    """Of an organisation, newest first."""
    query = sa.select(Invitation).where(col(Invitation.org_id) == org_id, seen(who, Invitation))
    total = await session.scalar(
        sa.select(sa.func.count()).select_from(query.with_only_columns(col(Invitation.id)).subquery())
    )
    rows = await session.scalars(
        query.order_by(col(Invitation.created_at).desc(), col(Invitation.id)).offset(offset).limit(limit)
    )
    return list(rows), total or 0


async def one(
    session: AsyncSession, who: Principal, org_id: UUID, invitation_id: UUID, *, lock: bool = False
) -> Invitation | None:
    query = sa.select(Invitation).where(
        col(Invitation.org_id) == org_id, col(Invitation.id) == invitation_id, seen(who, Invitation)
    )
    return await session.scalar(query.with_for_update() if lock else query)


async def open_one(session: AsyncSession, org_id: UUID, email: str) -> Invitation | None:
    """The invitation of an address that is neither accepted nor revoked, including an expired one; locked."""
    unscoped("of an organisation that a guard handed over")
    return await session.scalar(
        sa.select(Invitation)
        .where(
            col(Invitation.org_id) == org_id,
            col(Invitation.email) == email,
            col(Invitation.accepted_at).is_(None),
            col(Invitation.revoked_at).is_(None),
        )
        .with_for_update()
    )


async def end_open(session: AsyncSession, email: str, org_id: UUID | None = None) -> None:
    """Ends the invitations of an address, to one organisation or to all. A removed person has to be invited again."""
    unscoped("of a member or a user whom a guard handed over")
    where = [
        col(Invitation.email) == email,
        col(Invitation.accepted_at).is_(None),
        col(Invitation.revoked_at).is_(None),
    ]
    if org_id is not None:
        where.append(col(Invitation.org_id) == org_id)
    await session.execute(sa.update(Invitation).where(*where).values(revoked_at=now()))


async def by_link(
    session: AsyncSession, link_hash: str, *, lock: bool = False
) -> tuple[Invitation, Organization] | None:
    """A valid link, and its organisation."""
    unscoped("by a link that only the invited has")
    query = (
        sa.select(Invitation, Organization)
        .join(Organization, col(Organization.id) == col(Invitation.org_id))
        .where(
            col(Invitation.link_hash) == link_hash,
            col(Invitation.accepted_at).is_(None),
            col(Invitation.revoked_at).is_(None),
            col(Invitation.expires_at) > now(),
        )
    )
    row = (await session.execute(query.with_for_update(of=Invitation) if lock else query)).first()
    return (row[0], row[1]) if row else None


async def teams_of(
    session: AsyncSession, org_id: UUID, team_ids: Sequence[UUID], *, keep: bool = False
) -> list[tuple[Team, Client]]:
    """Those of `team_ids` that are teams of the organisation's clients. With `keep` they cannot be deleted until
    commit."""
    unscoped("of an organisation that a guard handed over, or of an invitation")
    query = (
        sa.select(Team, Client)
        .join(Client, col(Client.id) == col(Team.client_id))
        .where(col(Team.id).in_(team_ids), col(Client.org_id) == org_id, col(Client.deleted_at).is_(None))
        .order_by(col(Team.id))
    )
    if keep:
        query = query.with_for_update(read=True, key_share=True, of=Team)
    return [(row[0], row[1]) for row in await session.execute(query)]


async def join(session: AsyncSession, user: User, invitation: Invitation) -> None:
    """Makes somebody a member. An existing membership is kept, even if it is added concurrently."""
    unscoped("of an invitation whose link was shown")
    role = None if user.role is invitation.role else invitation.role
    made = Membership(org_id=invitation.org_id, user_id=user.id, role=role)
    member = insert(Membership).values(**made.model_dump())
    kept = {"role": sa.func.coalesce(col(Membership.role), member.excluded.role)}
    await session.execute(member.on_conflict_do_update(index_elements=["org_id", "user_id"], set_=kept))


async def join_teams(session: AsyncSession, user: User, teams: Sequence[Team]) -> None:
    """Adds a member to the teams, unless they are in them already."""
    unscoped("of an invitation whose link was shown")
    if teams:
        ties = [TeamMember(team_id=team.id, user_id=user.id).model_dump() for team in teams]
        await session.execute(insert(TeamMember).values(ties).on_conflict_do_nothing())
