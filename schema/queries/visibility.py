"""Which jobs a person sees: one condition, in every query of jobs that a person causes.

A test reads `schema/queries` and fails where a `select` of jobs has neither `visible_to` nor `unscoped`.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from schema.enums import Role
from schema.permissions import Principal
from schema.tables import ClientManager, Job, JobLanguage, Team, TeamMember

_BY_TEAM = (Role.CLIENT, Role.LINGUIST, Role.REVIEWER)


def visible_to(principal: Principal, *, with_deleted: bool = False) -> sa.ColumnElement[bool]:
    """The jobs that `principal` may see, of organisations that they belong to now.

    admin: all. production: those of their organisations. project_manager: those of the clients they manage.
    client, linguist, reviewer: those of the clients that their teams reach. Everyone: what is assigned to them.
    `with_deleted` is for the event log, which has to tell of a deletion.
    """
    kept = sa.true() if with_deleted else col(Job.deleted_at).is_(None)
    if principal.is_admin:
        return kept
    return sa.and_(kept, _reached_by(principal))


def unscoped(why: str) -> None:
    """Marks a query that no `visible_to` narrows, and says why that is right."""


def _reached_by(principal: Principal) -> sa.ColumnElement[bool]:
    managed = sa.select(col(ClientManager.client_id)).where(col(ClientManager.user_id) == principal.user_id)
    reached = (
        sa.select(col(Team.client_id))
        .join(TeamMember, col(TeamMember.team_id) == col(Team.id))
        .where(col(TeamMember.user_id) == principal.user_id)
    )
    assigned = (
        sa.select(col(JobLanguage.job_id))
        .where(
            sa.or_(
                col(JobLanguage.linguist_id) == principal.user_id,
                col(JobLanguage.reviewer_id) == principal.user_id,
            )
        )
        .where(col(JobLanguage.job_id) == col(Job.id))
        .correlate(Job)
    )
    org, client = col(Job.org_id), col(Job.client_id)
    return sa.or_(
        org.in_(principal.organisations_as(Role.PRODUCTION, Role.ADMIN)),
        sa.and_(org.in_(principal.organisations_as(Role.PROJECT_MANAGER)), client.in_(managed)),
        sa.and_(org.in_(principal.organisations_as(*_BY_TEAM)), client.in_(reached)),
        sa.and_(org.in_(list(principal.memberships)), sa.exists(assigned)),
    )
