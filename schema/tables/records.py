"""Records: assets, events and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from schema.enums import AssetKind, Step
from schema.tables.base import ChangingRow, Row, foreign, json_column, maybe_json_column, time_column, word


class Asset(ChangingRow, table=True):
    """The current object of one (language, kind) of a job; a new one replaces it."""

    __tablename__ = "assets"
    __table_args__ = (
        sa.UniqueConstraint("job_id", "language", "kind"),
        sa.Index("ix_assets_object_name", "object_name"),
    )

    job_id: UUID = foreign("jobs.id", cascade=True, index=False)
    language: str = Field(max_length=35)
    kind: AssetKind = Field(sa_type=word(AssetKind))
    object_name: str = Field(max_length=1024)
    content_type: str = Field(max_length=200)
    size_bytes: int = Field(sa_type=sa.BigInteger)
    revision: int = Field(default=0)
    details: dict[str, Any] = Field(sa_column=json_column())
    """Details such as duration_ms, draft, provider."""


class JobEvent(SQLModel, table=True):
    """An event of a job. Events feed the socket, which resumes from an id."""

    __tablename__ = "job_events"

    id: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(), primary_key=True))
    job_id: UUID = foreign("jobs.id", cascade=True, index=False)
    org_id: UUID
    at: datetime = Field(sa_column=time_column(index=True))
    type: str = Field(max_length=48)
    language: str | None = Field(default=None, max_length=35)
    actor_id: UUID | None = None
    decision_id: str | None = Field(default=None, max_length=200)
    """Id of the decision that it reports. If the decision is sent again, even to a later run of the workflow, it was
    already taken."""
    data: dict[str, Any] = Field(sa_column=json_column())

    __table_args__ = (
        sa.Index("ix_job_events_job_id", "job_id", "id"),
        sa.Index("ix_job_events_org_id", "org_id", "id"),
        sa.Index(
            "ix_job_events_decision_id",
            "job_id",
            "decision_id",
            postgresql_where=sa.text("decision_id IS NOT NULL"),
        ),
    )


IS_SECURITY = "(security or split_part(action, '.', 1) in ('auth', 'user', 'member', 'invitation', 'audit'))"
"""Predicate of security entries: sign-ins, and changes of rights. In the form of the index."""


class AuditEntry(Row, table=True):
    """An audit entry: who did what to which object, when, from where, with the values before and after."""

    __tablename__ = "audit_log"
    __table_args__ = (
        sa.Index("ix_audit_log_created_at", "created_at", "id"),
        sa.Index("ix_audit_log_actor_id", "actor_id", "created_at", "id"),
        sa.Index("ix_audit_log_thing_id", "thing_id", "created_at", "id"),
        sa.Index("ix_audit_log_security", "created_at", "id", postgresql_where=sa.text(IS_SECURITY)),
    )

    actor_id: UUID | None = Field(default=None)
    action: str = Field(max_length=64)
    security: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    thing: str | None = Field(default=None, max_length=64)
    thing_id: str | None = Field(default=None, max_length=200)
    address: str | None = Field(default=None, max_length=64)
    before: Any = Field(default=None, sa_column=maybe_json_column())
    after: Any = Field(default=None, sa_column=maybe_json_column())


class JobFailure(Row, table=True):
    """A failed step of a job, and why. It is kept after the job continues."""

    __tablename__ = "job_failures"
    __table_args__ = (sa.Index("ix_job_failures_job_id", "job_id", "created_at", "id"),)

    job_id: UUID = foreign("jobs.id", cascade=True, index=False)
    language: str | None = Field(default=None, max_length=35)
    step: Step = Field(sa_type=word(Step))
    code: str
    reason: str
