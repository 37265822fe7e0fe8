"""What a person can access, as ids for subqueries: for lists, which read the rows of each scope separately."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.permissions import Principal
from schema.queries.arrays import among
from schema.queries.visibility import WHOLE, assigned_in, reached_by
from schema.tables import Client, Job, JobLanguage


@dataclass(frozen=True, slots=True)
class Reach:
    """The contents of `visible_to` and `reached_by` for one person, as ids for subqueries."""

    user_id: UUID
    everything: bool
    organisations: frozenset[UUID]
    """Organisations with all of their clients."""
    clients: Mapping[UUID, UUID]
    """Single clients of other organisations, each with its organisation."""
    assigned_in: tuple[UUID, ...]
    """Organisations in which they also see what is assigned to them."""

    def has(self, org_id: UUID, client_id: UUID) -> bool:
        """Whether everything of this client is accessible."""
        return self.everything or org_id in self.organisations or client_id in self.clients

    def assigned(self) -> tuple[sa.ColumnElement[bool], ...]:
        """Conditions on jobs that are assigned to them."""
        mine = sa.union(
            *(
                sa.select(col(JobLanguage.job_id)).where(person == self.user_id)
                for person in (col(JobLanguage.linguist_id), col(JobLanguage.reviewer_id))
            )
        )
        return (col(Job.id).in_(mine), among(col(Job.org_id), list(self.assigned_in)))


async def reach_of(session: AsyncSession, principal: Principal) -> Reach:
    """What `principal` can access now."""
    whole = frozenset(principal.organisations_as(*WHOLE))
    elsewhere = any(org_id not in whole for org_id in principal.memberships)
    clients: dict[UUID, UUID] = {}
    if not principal.is_admin and elsewhere:
        ids = reached_by(principal, col(Client.org_id), col(Client.id), whole=False)
        found = await session.execute(sa.select(col(Client.id), col(Client.org_id)).where(ids))
        clients = {client_id: org_id for client_id, org_id in found if org_id not in whole}
    assigned = () if principal.is_admin else tuple(assigned_in(principal))
    return Reach(principal.user_id, principal.is_admin, whole, clients, assigned)
