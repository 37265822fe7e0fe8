"""The history of a job, newest first: decisions, saved texts, outputs and failures. Each entry is read from where it is
written, and is available as long as it is kept there."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import JobAction, LanguageAction, Step
from schema.queries import keyset
from schema.queries.arrays import among
from schema.queries.pages import Found
from schema.queries.visibility import unscoped
from schema.tables import AuditEntry, JobFailure, JobLanguage, StepRun, TextVersion


class What(StrEnum):
    """The category of an entry."""

    DECISION = "decision"
    ASSIGNMENT = "assignment"
    VERSION = "version"
    DELIVERY = "delivery"
    """An output was made, or the job was completed."""
    FAILURE = "failure"


ASSIGNMENTS = frozenset(
    {
        f"language.{action}"
        for action in (
            LanguageAction.ASSIGN,
            LanguageAction.REASSIGN,
            LanguageAction.ASSIGN_REVIEWER,
            LanguageAction.REASSIGN_REVIEWER,
            LanguageAction.UNASSIGN,
            LanguageAction.UNASSIGN_REVIEWER,
        )
    }
)
COMPLETED = f"job.{JobAction.COMPLETE}"
FOR_CLIENTS = tuple(
    f"job.{action}"
    for action in (
        "create", "change", "delete", "restore", JobAction.CHANGE_OUTPUTS, JobAction.CANCEL, JobAction.REJECT,
        JobAction.BLOCKED_ON_SOURCE, JobAction.COMPLETE, JobAction.NEW_SOURCE, JobAction.CHANGE_PRIORITY,
    )
)  # fmt: skip
"""The categories that the role client sees: those about what they requested."""
_MADE = (Step.SYNTHESIZE, Step.MUX)
_THINGS = ("job", "language")


async def page(session: AsyncSession, job_id: UUID, walk: keyset.Walk, *, for_client: bool) -> Found:
    """One page of rows (at, id, what, action, language, actor_id, told). Two statements.

    Raises:
        Invalid: the cursor is invalid.
    """
    unscoped("of a job that a guard handed over")
    arms = [_decisions(job_id, for_client=for_client)]
    if not for_client:
        arms += [_versions(job_id), _made(job_id), _failures(job_id)]
    return await keyset.page(session, arms, walk, at="at", key="id")


def _decisions(job_id: UUID, *, for_client: bool) -> sa.Select[Any]:
    languages = (
        sa.select(sa.func.concat(str(job_id), "/", col(JobLanguage.language)))
        .where(col(JobLanguage.job_id) == job_id)
        .scalar_subquery()
    )
    things = sa.func.array_append(sa.func.array(languages), str(job_id))
    action = col(AuditEntry.action)
    what = sa.case(
        (action.in_(sorted(ASSIGNMENTS)), What.ASSIGNMENT.value),
        (action == COMPLETED, What.DELIVERY.value),
        else_=What.DECISION.value,
    )
    language = sa.func.nullif(sa.func.substr(col(AuditEntry.thing_id), 38), "")
    query = _arm(AuditEntry, what, action, language, col(AuditEntry.actor_id), col(AuditEntry.after)).where(
        col(AuditEntry.thing_id) == sa.any_(things), among(col(AuditEntry.thing), _THINGS)
    )
    return query.where(action.in_(FOR_CLIENTS)) if for_client else query


def _versions(job_id: UUID) -> sa.Select[Any]:
    told = sa.func.jsonb_build_object("kind", col(TextVersion.kind), "version", col(TextVersion.version))
    action: Any = sa.cast(col(TextVersion.origin), sa.String)
    language, author = col(TextVersion.language), col(TextVersion.author_id)
    return _arm(TextVersion, What.VERSION.value, action, language, author, told).where(
        col(TextVersion.job_id) == job_id
    )


def _made(job_id: UUID) -> sa.Select[Any]:
    step: Any = sa.cast(col(StepRun.step), sa.String)
    return _arm(StepRun, What.DELIVERY.value, step, col(StepRun.language), None, None).where(
        col(StepRun.job_id) == job_id, col(StepRun.step).in_(_MADE), col(StepRun.reused).is_(False)
    )


def _failures(job_id: UUID) -> sa.Select[Any]:
    told = sa.func.jsonb_build_object("code", col(JobFailure.code), "reason", col(JobFailure.reason))
    step: Any = sa.cast(col(JobFailure.step), sa.String)
    return _arm(JobFailure, What.FAILURE.value, step, col(JobFailure.language), None, told).where(
        col(JobFailure.job_id) == job_id
    )


def _arm(table: Any, what: Any, action: Any, language: Any, actor: Any, told: Any) -> sa.Select[Any]:
    nobody: Any = sa.cast(sa.null(), sa.Uuid)
    nothing: Any = sa.cast(sa.null(), JSONB)
    return sa.select(
        table.created_at.label("at"),
        table.id.label("id"),
        sa.cast(what, sa.String).label("what"),
        action.label("action"),
        sa.cast(language, sa.String).label("language"),
        (nobody if actor is None else actor).label("actor_id"),
        (nothing if told is None else told).label("told"),
    )
