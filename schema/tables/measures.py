"""Measurements of work, for statistics."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from schema.enums import Kind, Step
from schema.tables.base import Row, foreign, time_column, word


class StepRun(Row, table=True):
    """A part of a step that a worker completed: from its start to its end, without the time in the queue. Failed
    attempts are not included."""

    __tablename__ = "step_runs"
    __table_args__ = (
        sa.Index("ix_step_runs_made", "ended_at", "job_id"),
        sa.Index("ix_step_runs_job_id", "job_id", "language", "activity", "ended_at"),
    )

    job_id: UUID = foreign("jobs.id", cascade=True, index=False)
    language: str = Field(default="", max_length=35, sa_column_kwargs={"server_default": ""})
    """Empty for work before there are languages."""
    step: Step = Field(sa_type=word(Step))
    activity: str = Field(max_length=64)
    """The part, by the name of its activity."""
    waited_ms: int = Field(sa_type=sa.BigInteger)
    """Time in the queue before it started."""
    took_ms: int = Field(sa_type=sa.BigInteger)
    reused: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """Whether an earlier output was found, so that nothing was made."""
    ended_at: datetime = Field(sa_column=time_column())


class TextMeasure(SQLModel, table=True):
    """The size of an approved text, and how much of it people wrote."""

    __tablename__ = "text_measures"
    __table_args__ = (sa.Index("ix_text_measures_measured_at", "measured_at", "job_id"),)

    job_id: UUID = Field(foreign_key="jobs.id", primary_key=True, ondelete="CASCADE")
    language: str = Field(primary_key=True, max_length=35)
    kind: Kind = Field(primary_key=True, sa_type=word(Kind))
    version: int
    """The approved version. A later approval replaces the row."""
    cues: int
    words: int
    cues_changed: int
    """Cues whose words or times differ from the machine draft, including added and removed ones."""
    drafted: bool
    """Whether there was a machine draft. Without one, no change is counted."""
    measured_at: datetime = Field(sa_column=time_column())
