"""Who of many users sees each of some jobs: the batch version of `visible_to`, for everybody who is connected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import Role
from schema.permissions import Principal
from schema.queries.arrays import among
from schema.queries.visibility import BY_TEAM, WHOLE
from schema.tables import ClientManager, JobLanguage, Membership, Team, TeamMember, User


@dataclass(frozen=True, slots=True)
class Place:
    """A job, with its organisation, client and project."""

    job_id: UUID
    org_id: UUID
    client_id: UUID


@dataclass(frozen=True, slots=True)
class Audience:
    """`people` are those of the given users who may still sign in. The pairs are (client or job, user)."""

    people: Mapping[UUID, Principal]
    managed: frozenset[tuple[UUID, UUID]]
    by_team: frozenset[tuple[UUID, UUID]]
    assigned: frozenset[tuple[UUID, UUID]]

    def as_client(self, user_id: UUID, place: Place) -> bool:
        """Whether the user sees the client's smaller shape of it."""
        return self.people[user_id].is_client_in(place.org_id)

    def sees(self, user_id: UUID, place: Place) -> bool:
        """Like `visible_to`, including deleted jobs."""
        person = self.people.get(user_id)
        if person is None:
            return False
        roles, pair = person.roles_in(place.org_id), (place.client_id, user_id)
        if not roles:
            return False
        return bool(
            roles & WHOLE
            or (Role.PROJECT_MANAGER in roles and pair in self.managed)
            or (roles & BY_TEAM and pair in self.by_team)
            or (person.works_in(place.org_id) and (place.job_id, user_id) in self.assigned)
        )


async def audience_of(session: AsyncSession, users: Collection[UUID], places: Iterable[Place]) -> Audience:
    """Everything needed to decide who of `users` sees the jobs at `places`; memberships of other organisations are left
    out. At most five statements, which must share one snapshot."""
    asked, found = list(users), list(places)
    orgs = list({place.org_id for place in found})
    clients = list({place.client_id for place in found})
    jobs = list({place.job_id for place in found})
    active = await session.execute(
        sa.select(col(User.id), col(User.role), col(User.epoch)).where(
            among(col(User.id), asked), col(User.disabled_at).is_(None), col(User.deleted_at).is_(None)
        )
    )
    rows = active.all()
    memberships: dict[UUID, dict[UUID, Role | None]] = {}
    if found:
        for org_id, user_id, role in await session.execute(
            sa.select(col(Membership.org_id), col(Membership.user_id), col(Membership.role)).where(
                among(col(Membership.org_id), orgs), among(col(Membership.user_id), asked)
            )
        ):
            memberships.setdefault(user_id, {})[org_id] = role
    return Audience(
        {
            user_id: Principal(user_id, "", "", role, epoch, memberships.get(user_id, {}))
            for user_id, role, epoch in rows
        },
        *(await _links(session, asked, clients, jobs) if found else (frozenset(),) * 3),
    )


async def _links(
    session: AsyncSession, users: list[UUID], clients: list[UUID], jobs: list[UUID]
) -> tuple[frozenset[tuple[UUID, UUID]], ...]:
    managed = sa.select(col(ClientManager.client_id), col(ClientManager.user_id)).where(
        among(col(ClientManager.client_id), clients), among(col(ClientManager.user_id), users)
    )
    by_team = (
        sa.select(col(Team.client_id), col(TeamMember.user_id))
        .join(TeamMember, col(TeamMember.team_id) == col(Team.id))
        .where(among(col(Team.client_id), clients), among(col(TeamMember.user_id), users))
    )
    assigned = sa.union_all(
        *(
            sa.select(col(JobLanguage.job_id), person).where(
                among(col(JobLanguage.job_id), jobs), person.is_not(None)
            )
            for person in (col(JobLanguage.linguist_id), col(JobLanguage.reviewer_id))
        )
    )
    return tuple(
        [
            frozenset((thing, user) for thing, user in await session.execute(query))
            for query in (managed, by_team, assigned)
        ]
    )
