"""Jobs and their languages."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

from schema.contracts.bounds import LABEL_CHARS
from schema.enums import JobStatus, LanguageStage, QCState, Urgency
from schema.tables.base import (
    TIME,
    ChangingRow,
    foreign,
    json_column,
    maybe_json_column,
    time_column,
    word,
)
from schema.tables.listed import Listed, words_of

_PLACES = ("org_id", "client_id", "project_id")
JOBS = Listed(
    table="jobs",
    scopes=("org_id", "client_id", "project_id"),
    word="status",
    orders={
        "created_at": "created_at",
        "updated_at": "updated_at",
        "title": "title",
        "due_at": "due_order",
        "reference": "reference",
        "priority": "priority",
        "status": "status",
    },
    ties="created_at",
    ranks={"priority": tuple(Urgency)},
    places=_PLACES,
    placed=f"ARRAY[{', '.join(f'{column}::text' for column in _PLACES)}]",
    short="octet_length(title) + octet_length(filename) + octet_length(reference) <= 600",
)
_DUE_ORDER = "COALESCE(due_at, '9999-12-31 00:00:00+00'::timestamp with time zone)"
_LANGUAGES = "(requested_outputs -> 'languages'::text)"
"""Predicates in the form in which Postgres reports them, so that a test can compare the tables with the migrations."""
AT_WORK = "stage = 'language_qc'"
"""Languages in people's queues. Finished work is left out."""
SUBMITTED = f"{AT_WORK} and qc_state = 'submitted'"
"""Languages that wait for a reviewer."""

OF_SOURCE = "is_source"
"""The source language, whose work is source QC."""

NOT_DONE = "stage not in ('ready', 'removed')"
"""Languages in which people or steps have work to do."""

HAS_FAILED = "stage = 'failed'"
"""Languages in which a step failed."""
JOB_FAILED = "status = 'failed' and deleted_at is null"
_STEP, _CODE = "(failure ->> 'step'::text)", "\"left\"((failure ->> 'code'::text), 64)"
_OWN = "CASE WHEN ((failure ->> 'language'::text) IS NULL) THEN {} ELSE NULL::text END"

HEARD_AT = "coalesce(projected_at, started_at)"
"""When the workflow of a started job last reported."""
IS_OPEN = "status not in ('completed', 'cancelled') and deleted_at is null"
"""In the form of the index: Postgres uses a partial index if a query has the same predicate."""
IS_DELETED = "deleted_at is not null"


def _told_of_failure(what: str) -> Any:
    """A part of `failure` in its own column, so that failures can be counted with an index only."""
    return Field(default=None, sa_column=sa.Column(sa.Text, sa.Computed(what, persisted=True)))


class Job(ChangingRow, table=True):
    """A job. While it is open its workflow owns the state, and this row is a projection of it. `state` is the
    `JobState` contract as last projected, from which a workflow can be started again. `status`, `step`, `revision`,
    `failure` and `reason` repeat parts of it for lists and filters.

    `state` is the `JobState` contract as it was last projected, from which a workflow can be started again; `status`,
    `step`, `revision`, `failure` and `reason` repeat of it what lists and filters need.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        *JOBS.indexes(),
        sa.Index("ix_jobs_deleted_at", "deleted_at", "id", postgresql_where=sa.text(IS_DELETED)),
        sa.Index(
            "ix_jobs_org_id_deleted_at", "org_id", "deleted_at", "id", postgresql_where=sa.text(IS_DELETED)
        ),
        sa.Index("ix_jobs_source_object", "source_object"),
        sa.Index("ix_jobs_leaving", "id", postgresql_where=sa.text("leaving is not null")),
        sa.Index("ix_jobs_open_heard_at", sa.text(HEARD_AT), "id", postgresql_where=sa.text(IS_OPEN)),
        sa.Index(
            "ix_jobs_found",
            *("search", "labels", sa.text(_LANGUAGES), sa.text(f"({JOBS.placed})")),
            postgresql_using="gin",
        ),
        sa.Index("ix_jobs_reference", "reference", postgresql_where=sa.text("reference <> ''")),
        sa.Index(
            "ix_jobs_failed",
            *("org_id", "client_id", "id"),
            postgresql_include=["failed_step", "failed_code", "failed_at", "projected_at", "updated_at"],
            postgresql_where=sa.text(JOB_FAILED),
        ),
        sa.Index(
            "ix_jobs_completed_at", "completed_at", postgresql_where=sa.text("completed_at IS NOT NULL")
        ),
    )

    org_id: UUID = foreign("organizations.id", index=False)
    client_id: UUID = foreign("clients.id", index=False)
    project_id: UUID = foreign("projects.id", index=False)
    brief_id: UUID | None = foreign("briefs.id", nullable=True)
    creator_id: UUID = foreign("users.id")
    cloned_from: UUID | None = Field(default=None)

    title: str = Field(max_length=400)
    notes: str = Field(default="", max_length=10_000)
    client_notes: str = Field(default="", max_length=10_000, sa_column_kwargs={"server_default": ""})
    """`notes` are for the people who work on the job; these are also for its client."""
    due_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    priority: Urgency = Field(
        default=Urgency.NORMAL, sa_type=word(Urgency), sa_column_kwargs={"server_default": "normal"}
    )
    """While the job is open, as its workflow has it."""
    reference: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": ""})
    """The job's reference in another system."""
    labels: list[str] = Field(
        default_factory=list,
        sa_column=sa.Column(sa.ARRAY(sa.String(LABEL_CHARS)), nullable=False, server_default="{}"),
    )
    style: str = Field(default="", max_length=10_000, sa_column_kwargs={"server_default": ""})
    """Style guide for this job's descriptions, in addition to its client's."""
    due_order: datetime | None = Field(
        default=None, sa_column=sa.Column(TIME, sa.Computed(_DUE_ORDER, persisted=True))
    )
    """Position in a list by due date. Jobs without a date come last."""
    search: str | None = Field(
        default=None,
        sa_column=sa.Column(
            TSVECTOR, sa.Computed(words_of("title", "filename", "reference"), persisted=True)
        ),
    )
    source_language: str = Field(max_length=35, index=True)
    requested_outputs: dict[str, Any] = Field(sa_column=json_column())

    filename: str = Field(max_length=400)
    content_type: str = Field(max_length=200)
    size_bytes: int = Field(sa_type=sa.BigInteger)
    source_object: str = Field(max_length=1024)

    status: JobStatus = Field(default=JobStatus.CREATED, sa_type=word(JobStatus))
    step: str | None = Field(default=None, max_length=32)
    revision: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    failure: dict[str, Any] | None = Field(default=None, sa_column=maybe_json_column())
    failed_step: str | None = _told_of_failure(_OWN.format(_STEP))
    failed_code: str | None = _told_of_failure(_OWN.format(_CODE))
    failed_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """Of a failure of its own; that of a language stands in the language's row. Decisions about a failed job do not change
    `failed_at`; null before the projection that set it was deployed."""
    reason: str | None = None
    state: dict[str, Any] | None = Field(default=None, sa_column=maybe_json_column())
    glossary_version_id: UUID | None = foreign("glossary_versions.id", nullable=True)
    """Pinned by the first translation with an active version, so that all languages follow the same terms."""
    bulk: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})

    delivered: list[dict[str, Any]] | None = Field(default=None, sa_column=maybe_json_column())
    """The outputs that the last completion delivered (`schema.queries.assets.delivered`). They are served until the
    next completion, whatever is made meanwhile."""
    completed_texts: dict[str, Any] | None = Field(default=None, sa_column=maybe_json_column())
    """The text versions of the last completion, by BCP 47 code."""
    started_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When its workflow was first started. The sweep starts jobs whose start a crash prevented."""
    completed_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    deleted_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    source_gone_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    renders_gone_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    texts_gone_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """When the source, the renders and the texts were deleted according to the client's retention
    (`schema.queries.retention`)."""
    leaving: str | None = Field(default=None, max_length=16)
    """The part that is being deleted. If a sweep dies, another continues with it."""
    projected_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    projected_sequence: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    run_id: str | None = Field(default=None, max_length=64)


class JobLanguage(SQLModel, table=True):
    """One language of a job, including the source language. A projection, except for the lock."""

    __tablename__ = "job_languages"
    __table_args__ = (
        sa.Index("ix_job_languages_queue_linguist_id", "linguist_id", postgresql_where=sa.text(AT_WORK)),
        sa.Index("ix_job_languages_queue_reviewer_id", "reviewer_id", postgresql_where=sa.text(AT_WORK)),
        sa.Index("ix_job_languages_source_linguist_id", "linguist_id", postgresql_where=sa.text(OF_SOURCE)),
        sa.Index("ix_job_languages_source_reviewer_id", "reviewer_id", postgresql_where=sa.text(OF_SOURCE)),
        sa.Index("ix_job_languages_undone_linguist_id", "linguist_id", postgresql_where=sa.text(NOT_DONE)),
        sa.Index("ix_job_languages_undone_reviewer_id", "reviewer_id", postgresql_where=sa.text(NOT_DONE)),
        sa.Index(
            "ix_job_languages_queue_nobody",
            "job_id",
            postgresql_where=sa.text(f"{AT_WORK} and qc_state = 'unassigned'"),
        ),
        sa.Index("ix_job_languages_queue_due_at", "due_at", postgresql_where=sa.text(AT_WORK)),
        sa.Index("ix_job_languages_queue_review_due_at", "review_due_at", postgresql_where=sa.text(AT_WORK)),
        sa.Index("ix_job_languages_queue_submitted", "projected_at", postgresql_where=sa.text(SUBMITTED)),
        sa.Index(
            "ix_job_languages_failed",
            "job_id",
            postgresql_include=["failed_step", "failed_code", "failed_at", "projected_at"],
            postgresql_where=sa.text(HAS_FAILED),
        ),
    )

    job_id: UUID = Field(foreign_key="jobs.id", primary_key=True, ondelete="CASCADE")
    language: str = Field(primary_key=True, max_length=35)
    is_source: bool = Field(default=False)
    stage: LanguageStage = Field(default=LanguageStage.WAITING, sa_type=word(LanguageStage))
    qc_state: QCState = Field(default=QCState.PENDING, sa_type=word(QCState))
    revision: int = Field(default=0)
    linguist_id: UUID | None = foreign("users.id", nullable=True)
    reviewer_id: UUID | None = foreign("users.id", nullable=True)
    due_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """Due date of the linguist."""
    review_due_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    """Due date of the reviewer."""
    failure: dict[str, Any] | None = Field(default=None, sa_column=maybe_json_column())
    failed_step: str | None = _told_of_failure(_STEP)
    failed_code: str | None = _told_of_failure(_CODE)
    failed_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    reason: str | None = None
    state: dict[str, Any] | None = Field(default=None, sa_column=maybe_json_column())
    locked: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """Set with the pin of an approval, under this row's lock. No save may follow."""
    progress: dict[str, Any] | None = Field(default=None, sa_column=maybe_json_column())
    projected_at: datetime | None = Field(default=None, sa_column=time_column(nullable=True))
    projected_sequence: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    engines: dict[str, str] = Field(default_factory=dict, sa_column=json_column())
    """By kind of text: the engine, with its model, that was last asked for a draft."""
    run_id: str | None = Field(default=None, max_length=64)
