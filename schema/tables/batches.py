"""Batches: one action on many jobs, and its results."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from schema.enums import BatchAction, BatchStatus, Outcome
from schema.tables.base import ChangingRow, foreign, json_column, maybe_json_column, time_column, word


class Batch(ChangingRow, table=True):
    """A batch. The row is the outbox: its workflow is started after the commit, or by the sweep."""

    __tablename__ = "batches"
    __table_args__ = (
        sa.Index("ix_batches_owner_id_created_at", "owner_id", "created_at"),
        sa.Index("ix_batches_org_id_created_at", "org_id", "created_at"),
        sa.Index("ix_batches_unstarted", "created_at", postgresql_where=sa.text("started_at is null")),
        sa.Index("ix_batches_unfinished", "started_at", postgresql_where=sa.text("finished_at is null")),
        sa.Index(
            "ix_batches_finished_at", "finished_at", postgresql_where=sa.text("finished_at is not null")
        ),
        sa.Index("ix_batches_expires_at", "expires_at", postgresql_where=sa.text("expires_at is not null")),
    )

    owner_id: UUID | None = foreign("users.id", nullable=True, index=False)
    """The user whose rights apply while the batch runs; null is staff in Temporal's UI."""
    org_id: UUID | None = foreign("organizations.id", nullable=True, index=False)
    """The organisation of all its jobs; null if there may be several."""
    action: BatchAction = Field(sa_type=word(BatchAction))
    asked: dict[str, Any] = Field(sa_column=json_column())
    """The `BatchAsked` contract."""
    address: str | None = Field(default=None, max_length=64)
    schedule_id: str | None = Field(default=None, max_length=200)
    status: BatchStatus = Field(default=BatchStatus.CREATED, sa_type=word(BatchStatus))
    total: int | None = None
    """How many jobs it has; null until they are selected."""
    result: dict[str, Any] | None = Field(default=None, sa_column=maybe_json_column())
    """For a download: the `Packed` contract."""
    started_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    finished_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    expires_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When the archive is deleted."""


class BatchItem(SQLModel, table=True):
    """One job of a batch. The job may be deleted before the batch is."""

    __tablename__ = "batch_items"
    __table_args__ = (
        sa.UniqueConstraint("batch_id", "position"),
        sa.Index("ix_batch_items_outcome", "batch_id", "outcome", "position"),
    )

    batch_id: UUID = Field(foreign_key="batches.id", primary_key=True, ondelete="CASCADE")
    job_id: UUID = Field(primary_key=True)
    position: int
    """Position, from 1, without gaps."""
    outcome: Outcome | None = Field(default=None, sa_type=word(Outcome))
    reason: str | None = Field(default=None, max_length=1000)
    """The reason, in a sentence."""
    at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
