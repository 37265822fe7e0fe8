"""What is measured of work while it is done: what statistics are made of."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from schema.enums import Kind, Step
from schema.tables.base import Row, foreign, time_column, word


class StepRun(Row, table=True):
    """A part of a step that a worker has done: from when it began to when it was made, without the time in its queue.
    Attempts that failed are not among them."""

    __tablename__ = "step_runs"
    __table_args__ = (
        sa.Index("ix_step_runs_made", "ended_at", "job_id"),
        sa.Index("ix_step_runs_job_id", "job_id", "language", "activity", "ended_at"),
    )

    job_id: UUID = foreign("jobs.id", cascade=True, index=False)
    language: str = Field(default="", max_length=35, sa_column_kwargs={"server_default": ""})
    """Empty of what is done before there are languages."""
    step: Step = Field(sa_type=word(Step))
    activity: str = Field(max_length=64)
    """Which part, by its activity's name."""
    waited_ms: int = Field(sa_type=sa.BigInteger)
    """In the queue, before it began."""
    took_ms: int = Field(sa_type=sa.BigInteger)
    reused: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """Nothing was made: an earlier output was found."""
    ended_at: datetime = Field(sa_column=time_column())


class TextMeasure(SQLModel, table=True):
    """How much an approved text is, and how much of it people wrote."""

    __tablename__ = "text_measures"
    __table_args__ = (sa.Index("ix_text_measures_measured_at", "measured_at", "job_id"),)

    job_id: UUID = Field(foreign_key="jobs.id", primary_key=True, ondelete="CASCADE")
    language: str = Field(primary_key=True, max_length=35)
    kind: Kind = Field(primary_key=True, sa_type=word(Kind))
    version: int
    """The approved one. A later approval replaces the row."""
    cues: int
    words: int
    cues_changed: int
    """Cues whose words or times are not the machine's draft's, those that it lacks and those that were taken out."""
    drafted: bool
    """Whether there was a machine's draft; without one nothing was changed."""
    measured_at: datetime = Field(sa_column=time_column())
