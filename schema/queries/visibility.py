"""Which jobs a person sees: one condition, in every query of jobs that a person causes.

A test reads `schema/queries` and fails where a `select` of jobs has neither `visible_to` nor `unscoped`.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped
from sqlmodel import col

from schema.enums import Role
from schema.permissions import Principal
from schema.tables import ClientManager, Job, JobLanguage, Team, TeamMember

_WHOLE = (Role.PRODUCTION, Role.ADMIN)
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
    org, client = col(Job.org_id), col(Job.client_id)
    ways = [reached_by(principal, org, client)]
    whole = principal.organisations_as(*_WHOLE)
    if rest := [org_id for org_id in principal.memberships if org_id not in whole]:
        ways.append(sa.and_(_among(org, rest), sa.exists(_assigned_to(principal))))
    return sa.and_(kept, sa.or_(*ways))


def unscoped(why: str) -> None:
    """Marks a query that no `visible_to` narrows, and says why that is right."""


def reached_by(principal: Principal, org: Mapped[UUID], client: Mapped[UUID]) -> sa.ColumnElement[bool]:
    """What belongs to an organisation and a client that `principal`, who is no admin, reaches. Only the ways that are
    open to this person: most have one, and a short query is a quick one."""
    ways: list[sa.ColumnElement[bool]] = []
    if whole := principal.organisations_as(*_WHOLE):
        ways.append(_among(org, whole))
    if managed := principal.organisations_as(Role.PROJECT_MANAGER):
        ways.append(sa.and_(_among(org, managed), client.in_(_managed_by(principal))))
    if by_team := principal.organisations_as(*_BY_TEAM):
        ways.append(sa.and_(_among(org, by_team), client.in_(_teams_of(principal))))
    return sa.or_(sa.false(), *ways)


def _among(column: Mapped[UUID], ids: list[UUID]) -> sa.ColumnElement[bool]:
    """As `in_`, with one parameter however many ids there are: such a statement is compiled once."""
    return column == sa.any_(sa.bindparam(None, ids, type_=ARRAY(sa.Uuid), unique=True))


def _managed_by(principal: Principal) -> sa.Select[UUID]:
    return sa.select(col(ClientManager.client_id)).where(col(ClientManager.user_id) == principal.user_id)


def _teams_of(principal: Principal) -> sa.Select[UUID]:
    return (
        sa.select(col(Team.client_id))
        .join(TeamMember, col(TeamMember.team_id) == col(Team.id))
        .where(col(TeamMember.user_id) == principal.user_id)
    )


def _assigned_to(principal: Principal) -> sa.Select[UUID]:
    mine = (
        col(JobLanguage.linguist_id) == principal.user_id,
        col(JobLanguage.reviewer_id) == principal.user_id,
    )
    return (
        sa.select(col(JobLanguage.job_id))
        .where(sa.or_(*mine), col(JobLanguage.job_id) == col(Job.id))
        .correlate(Job)
    )
