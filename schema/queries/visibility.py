"""Access of a person: to jobs, and to what belongs to an organisation or a client. `schema.queries.seen` has a
condition for each noun.

A test reads `schema/queries` and `api`, and fails where a query of a tenant's table has none of these conditions, does
not say with `unscoped` why not, and is not on the test's list of those that are asked for what a guard has handed over.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlmodel import col

from schema.enums import Role
from schema.permissions import Principal
from schema.queries.arrays import among
from schema.tables import ClientManager, Job, JobLanguage, Team, TeamMember

WHOLE = frozenset({Role.PRODUCTION, Role.ADMIN})
"""See everything in their organisations. Lists, single jobs and sockets (`schema.queries.audience`) share this rule."""
BY_TEAM = frozenset({Role.CLIENT, Role.LINGUIST, Role.REVIEWER})


def visible_to(principal: Principal, *, with_deleted: bool = False) -> sa.ColumnElement[bool]:
    """The jobs that `principal` may see, of organisations that they belong to now.

    admin: all. production: those of their organisations. project_manager: those of the clients they manage.
    client, linguist, reviewer: those of the clients that their teams reach. Everyone: what is assigned to them, where
    they may work still.
    `with_deleted` is for the event log, which has to tell of a deletion.
    """
    kept = sa.true() if with_deleted else col(Job.deleted_at).is_(None)
    if principal.is_admin:
        return kept
    org, client = col(Job.org_id), col(Job.client_id)
    ways = [reached_by(principal, org, client)]
    if rest := assigned_in(principal):
        ways.append(sa.and_(among(org, rest), sa.exists(assigned_to(principal))))
    return sa.and_(kept, sa.or_(*ways))


def assigned_in(principal: Principal) -> list[UUID]:
    """The organisations in which they also see what is assigned to them."""
    whole = principal.organisations_as(*WHOLE)
    return [org_id for org_id in principal.memberships if org_id not in whole and principal.works_in(org_id)]


def staffed_by(principal: Principal, *, deleted: bool = False) -> sa.ColumnElement[bool]:
    """The jobs of the organisations that `principal` runs as production; an admin runs all. Either those that are not
    deleted, or those that are."""
    kept = col(Job.deleted_at).is_not(None) if deleted else col(Job.deleted_at).is_(None)
    if principal.is_admin:
        return kept
    return sa.and_(kept, among(col(Job.org_id), principal.organisations_as(*WHOLE)))


def unscoped(why: str) -> None:
    """Marks a query that no `visible_to` limits, with the reason."""


def reached_by(
    principal: Principal, org: Mapped[UUID], client: Mapped[UUID], *, whole: bool = True
) -> sa.ColumnElement[bool]:
    """What belongs to an organisation and a client that `principal`, who is no admin, reaches. Only the ways that are
    open to this person: most have one, and a short query is a quick one. Without `whole`, single clients alone."""
    ways: list[sa.ColumnElement[bool]] = []
    if whole and (all_of := principal.organisations_as(*WHOLE)):
        ways.append(among(org, all_of))
    if managed := principal.organisations_as(Role.PROJECT_MANAGER):
        ways.append(sa.and_(among(org, managed), client.in_(_managed_by(principal))))
    if by_team := principal.organisations_as(*BY_TEAM):
        ways.append(sa.and_(among(org, by_team), client.in_(_teams_of(principal))))
    return sa.or_(sa.false(), *ways)


def _managed_by(principal: Principal) -> sa.Select[UUID]:
    return sa.select(col(ClientManager.client_id)).where(col(ClientManager.user_id) == principal.user_id)


def _teams_of(principal: Principal) -> sa.Select[UUID]:
    return (
        sa.select(col(Team.client_id))
        .join(TeamMember, col(TeamMember.team_id) == col(Team.id))
        .where(col(TeamMember.user_id) == principal.user_id)
    )


def assigned_to(principal: Principal) -> sa.Select[UUID]:
    """Whether a language of the outer query's job is assigned to `principal`."""
    mine = (
        col(JobLanguage.linguist_id) == principal.user_id,
        col(JobLanguage.reviewer_id) == principal.user_id,
    )
    return (
        sa.select(col(JobLanguage.job_id))
        .where(sa.or_(*mine), col(JobLanguage.job_id) == col(Job.id))
        .correlate(Job)
    )
