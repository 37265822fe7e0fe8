"""Filters of job lists. Values are literals in the statements, so that Postgres can estimate the number of rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from schema.enums import JobStatus, LanguageStage, QCState, Urgency
from schema.permissions import Permission, Principal
from schema.queries.arrays import among
from schema.queries.common import having_words
from schema.queries.pages import Scope
from schema.queries.visibility import unscoped, visible_to
from schema.tables import Job, JobLanguage, now
from schema.transitions import OPEN, SOURCE_APPROVED

FOR_LINGUIST = (QCState.ASSIGNED, QCState.IN_PROGRESS, QCState.REJECTED)
FOR_REVIEWER = (QCState.SUBMITTED, QCState.IN_REVIEW)
"""By QC state: whose turn it is."""
_WAITS_FOR = {
    JobStatus.PENDING_QC: Permission.REVIEW_SOURCE,
    JobStatus.PENDING_FINAL_REVIEW: Permission.FINAL_REVIEW,
    JobStatus.FAILED: Permission.RETRY_JOB,
    JobStatus.BLOCKED_ON_SOURCE: Permission.STEER_JOB,
}
"""Who can act on a job that waits."""
_OWNS = (JobStatus.REJECTED, JobStatus.BLOCKED_ON_SOURCE)
"""Statuses in which a job waits for its creator."""
_AT_WORK = [status.value for status in JobStatus if status in SOURCE_APPROVED]
"""Statuses in which a language can wait for a person. One of a cancelled job keeps its state."""


@dataclass(frozen=True, slots=True)
class Filter:
    """The filters of a list; None does not filter. Periods include their start and exclude their end."""

    status: Sequence[JobStatus] = ()
    org_id: UUID | None = None
    client_id: UUID | None = None
    project_id: UUID | None = None
    q: str | None = None
    """Words, each a prefix of a word in the title, the file name or the reference."""
    priority: Urgency | None = None
    reference: str | None = None
    labels: Sequence[str] = ()
    """All of these labels."""
    language: str | None = None
    """The source language or a target language."""
    created: tuple[datetime | None, datetime | None] = (None, None)
    completed: tuple[datetime | None, datetime | None] = (None, None)
    due: tuple[datetime | None, datetime | None] = (None, None)
    overdue: bool = False
    assigned_to_me: bool = False
    needs_me: bool = False

    @property
    def words(self) -> list[str]:
        """The requested statuses."""
        wanted = set(self.status or JobStatus)
        return [status.value for status in JobStatus if status in (wanted & OPEN if self.overdue else wanted)]


def conditions(wanted: Filter, principal: Principal) -> list[sa.ColumnElement[bool]]:
    """Conditions on jobs, other than their status, their scope, and `inverted`."""
    found: list[sa.ColumnElement[bool]] = []
    if wanted.priority is not None:
        found.append(sa.literal_column(f"jobs.priority = '{Urgency(wanted.priority).value}'"))
    if wanted.reference is not None:
        found += [col(Job.reference) == _said(wanted.reference), sa.text("jobs.reference <> ''")]  # type: ignore[list-item]
    overdue = (None, now()) if wanted.overdue else (None, None)
    for column, span in (
        (Job.created_at, wanted.created),
        (Job.completed_at, wanted.completed),
        (Job.due_order, wanted.due),
        (Job.due_order, overdue),
    ):
        found += _within(column, span)
    if wanted.due[0] is not None:  # jobs without a date are last in `due_order`, and never due
        found.append(col(Job.due_at).is_not(None))
    if wanted.assigned_to_me:
        found.append(col(Job.id).in_(_assigned(principal)))
    return found


def inverted(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    """Conditions on jobs by word, label and language, which inverted indexes support."""
    kind, found = sa.ARRAY(sa.String()), having_words(col(Job.search), wanted.q)
    for label in wanted.labels:
        one = sa.cast(sa.literal([label], kind, literal_execute=True), kind)
        found.append(col(Job.labels).op("@>")(one))
    if wanted.language is not None:
        asked: Any = sa.literal_column("(jobs.requested_outputs -> 'languages'::text)", JSONB)
        spoken = sa.cast(_said(json.dumps([wanted.language])), JSONB)
        found.append(sa.or_(col(Job.source_language) == _said(wanted.language), asked.op("@>")(spoken)))
    return found


def waiting_for(principal: Principal, scopes: Sequence[Scope], narrow: Sequence[Any]) -> list[Scope]:
    """The scopes of jobs that wait for `principal`: at a gate of theirs in what they can access (`scopes`), in a
    language whose turn is theirs, in a job that came back to them or, for those who assign people, with an unassigned
    language."""
    found: list[Scope] = []
    for orgs, words in _gates(principal).items():
        theirs = () if principal.is_admin else (among(col(Job.org_id), orgs),)
        found += [replace(each, also=(*each.also, *theirs), words=words) for each in scopes]
    visible = (visible_to(principal), *narrow)
    turns = [*_AT_WORK, JobStatus.PENDING_QC.value]
    found.append(Scope(also=(col(Job.id).in_(_turns(principal)), *visible), few=True, words=turns))
    mine = col(Job.creator_id) == principal.user_id
    found.append(Scope(also=(mine, *visible), few=True, words=[status.value for status in _OWNS]))
    leads = principal.is_admin or any(
        principal.may(Permission.ASSIGN_PEOPLE, org_id) for org_id in principal.memberships
    )
    if leads:
        found.append(Scope(also=(*_unassigned(principal), *visible), few=True, words=_AT_WORK))
    return found


def _gates(principal: Principal) -> dict[tuple[UUID, ...], list[str]]:
    """The statuses in which a job waits for them, by organisation; for an admin, in all."""
    found: dict[tuple[UUID, ...], list[str]] = {}
    for status, permission in _WAITS_FOR.items():
        orgs = tuple(org_id for org_id in principal.memberships if principal.may(permission, org_id))
        if principal.is_admin:
            found.setdefault((), []).append(status.value)
        elif orgs:
            found.setdefault(orgs, []).append(status.value)
    return found


def _assigned(principal: Principal) -> Any:
    unscoped("their own")
    return sa.union(
        *(
            sa.select(col(JobLanguage.job_id)).where(person == _said(principal.user_id))
            for person in (col(JobLanguage.linguist_id), col(JobLanguage.reviewer_id))
        )
    )


def _turns(principal: Principal) -> Any:
    """Active languages whose turn is theirs, and source texts that they are assigned to."""
    unscoped("their own")
    mine = principal.user_id
    at_work = sa.text("job_languages.stage = 'language_qc'")
    of_source = sa.and_(col(JobLanguage.is_source), col(Job.status) == JobStatus.PENDING_QC)
    return sa.union(
        *(
            sa.select(col(JobLanguage.job_id)).where(
                person == mine, at_work, col(JobLanguage.qc_state).in_(states)
            )
            for person, states in (
                (col(JobLanguage.linguist_id), FOR_LINGUIST),
                (col(JobLanguage.reviewer_id), FOR_REVIEWER),
            )
        ),
        *(
            sa.select(col(JobLanguage.job_id)).join(Job).where(person == mine, of_source)
            for person in (col(JobLanguage.linguist_id), col(JobLanguage.reviewer_id))
        ),
    )


def _unassigned(principal: Principal) -> tuple[Any, ...]:
    unscoped("narrowed by what is visible")
    lacking = sa.select(col(JobLanguage.job_id)).where(
        sa.text(f"job_languages.stage = '{LanguageStage.LANGUAGE_QC.value}'"),
        sa.text(f"job_languages.qc_state = '{QCState.UNASSIGNED.value}'"),
    )
    held = col(Job.id).in_(lacking)
    if principal.is_admin:
        return (held,)
    orgs = [org for org in principal.memberships if principal.may(Permission.ASSIGN_PEOPLE, org)]
    return (held, among(col(Job.org_id), orgs))


def _within(column: Any, span: tuple[datetime | None, datetime | None]) -> list[sa.ColumnElement[bool]]:
    start, end = span
    found = [] if start is None else [col(column) >= _said(start)]
    return found if end is None else [*found, col(column) < _said(end)]


def _said(value: Any) -> Any:
    """`value` as a literal."""
    return sa.literal(value, literal_execute=True)
