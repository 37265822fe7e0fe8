"""The languages of jobs: their rows, the lock shared by saves and approvals, people's queues, and comments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import JobStatus, Kind, QCState
from schema.permissions import Principal
from schema.queries.arrays import among
from schema.queries.assets import INTERNAL
from schema.queries.job_filters import FOR_LINGUIST, FOR_REVIEWER
from schema.queries.visibility import visible_to
from schema.tables import Asset, Job, JobLanguage, QCComment, TextVersion
from schema.tables.jobs import AT_WORK, OF_SOURCE
from schema.transitions import SOURCE_APPROVED


@dataclass(frozen=True, slots=True)
class Waiting:
    """A language that waits for somebody."""

    job_id: UUID
    title: str
    source_language: str
    job_created_at: datetime
    language: str
    is_source: bool
    qc_state: QCState
    linguist_id: UUID | None
    due_at: datetime | None


async def of_job(session: AsyncSession, job_id: UUID) -> list[JobLanguage]:
    """The source language first, then by code."""
    found = await session.scalars(
        sa.select(JobLanguage)
        .where(col(JobLanguage.job_id) == job_id)
        .order_by(sa.desc(col(JobLanguage.is_source)), col(JobLanguage.language))
        .execution_options(populate_existing=True)
    )
    return list(found)


async def of_jobs(session: AsyncSession, job_ids: Iterable[UUID]) -> dict[UUID, list[JobLanguage]]:
    """Like `of_job`, for many jobs."""
    found = await session.scalars(
        sa.select(JobLanguage)
        .where(among(col(JobLanguage.job_id), job_ids))
        .order_by(sa.desc(col(JobLanguage.is_source)), col(JobLanguage.language))
        .execution_options(populate_existing=True)
    )
    rows: dict[UUID, list[JobLanguage]] = {}
    for row in found:
        rows.setdefault(row.job_id, []).append(row)
    return rows


def _outputs_statement() -> sa.Select[JobLanguage, dict[str, int], list[dict[str, Any]]]:
    """Built once, because nothing is queried more often than a job in full."""
    newest = (
        sa.select(col(TextVersion.kind).label("kind"), sa.func.max(col(TextVersion.version)).label("version"))
        .where(
            col(TextVersion.job_id) == col(JobLanguage.job_id),
            col(TextVersion.language) == col(JobLanguage.language),
        )
        .group_by(col(TextVersion.kind))
        .correlate(JobLanguage)
        .lateral()
    )
    versions = sa.select(sa.func.jsonb_object_agg(newest.c.kind, newest.c.version)).scalar_subquery()
    told = ("kind", "content_type", "size_bytes", "updated_at", "details")
    made: list[Any] = []
    for name in told:
        made += [sa.literal_column(f"'{name}'"), getattr(Asset, name)]
    outputs = (
        sa.select(sa.func.jsonb_agg(aggregate_order_by(sa.func.jsonb_build_object(*made), col(Asset.kind))))
        .where(
            col(Asset.job_id) == col(JobLanguage.job_id),
            col(Asset.language) == col(JobLanguage.language),
            col(Asset.kind).not_in(INTERNAL),
        )
        .correlate(JobLanguage)
        .scalar_subquery()
    )
    none: Any = sa.literal_column("'{}'::jsonb")
    nothing: Any = sa.literal_column("'[]'::jsonb")
    return (
        sa.select(JobLanguage, sa.func.coalesce(versions, none), sa.func.coalesce(outputs, nothing))
        .where(col(JobLanguage.job_id) == sa.bindparam("job_id"))
        .order_by(sa.desc(col(JobLanguage.is_source)), col(JobLanguage.language))
        .execution_options(populate_existing=True)
    )


_WITH_OUTPUTS = _outputs_statement()


async def with_outputs(
    session: AsyncSession, job_id: UUID
) -> list[tuple[JobLanguage, dict[str, int], list[dict[str, Any]]]]:
    """The languages of a job as in `of_job`, each with its current version numbers by kind, and with its public outputs
    (kind, content_type, size_bytes, updated_at, details). One round trip."""
    found = await session.execute(_WITH_OUTPUTS, {"job_id": job_id})
    return [(row, versions, outputs) for row, versions, outputs in found]


async def one(
    session: AsyncSession, job_id: UUID, language: str, *, lock: bool = False
) -> JobLanguage | None:
    """The current row. With `lock` it is held until commit: saves and approvals wait for it."""
    query = (
        sa.select(JobLanguage)
        .where(col(JobLanguage.job_id) == job_id, col(JobLanguage.language) == language)
        .execution_options(populate_existing=True)
    )
    return await session.scalar(query.with_for_update() if lock else query)


async def queue(
    session: AsyncSession, principal: Principal, *, offset: int, limit: int
) -> tuple[list[Waiting], int]:
    """What waits for `principal` as a linguist or as a reviewer, including source texts in QC, by due date and then by
    age, and the total."""
    mine = sa.or_(
        sa.and_(
            col(JobLanguage.linguist_id) == principal.user_id, col(JobLanguage.qc_state).in_(FOR_LINGUIST)
        ),
        sa.and_(
            col(JobLanguage.reviewer_id) == principal.user_id, col(JobLanguage.qc_state).in_(FOR_REVIEWER)
        ),
    )
    of_source = sa.and_(
        sa.text(f"job_languages.{OF_SOURCE}"),
        sa.or_(
            col(JobLanguage.linguist_id) == principal.user_id,
            col(JobLanguage.reviewer_id) == principal.user_id,
        ),
    )
    due_at = sa.case(
        (col(JobLanguage.linguist_id) == principal.user_id, col(JobLanguage.due_at)),
        else_=col(JobLanguage.review_due_at),
    ).label("due_at")
    waiting = (
        sa.select(
            col(Job.id),
            col(Job.title),
            col(Job.source_language),
            col(Job.created_at),
            col(JobLanguage.language),
            col(JobLanguage.is_source),
            col(JobLanguage.qc_state),
            col(JobLanguage.linguist_id),
            due_at,
        )
        .join(Job, col(Job.id) == col(JobLanguage.job_id))
        .where(
            sa.or_(sa.and_(mine, sa.text(f"job_languages.{AT_WORK}")), of_source),
            sa.case(
                (col(JobLanguage.is_source), col(Job.status) == JobStatus.PENDING_QC),
                else_=col(Job.status).in_(SOURCE_APPROVED),
            ),
            visible_to(principal),
        )
    )
    order = (
        due_at.nulls_last(),
        col(Job.created_at),
        col(Job.id),
        col(JobLanguage.language),
    )
    found = await session.execute(waiting.order_by(*order).offset(offset).limit(limit))
    total = await session.scalar(sa.select(sa.func.count()).select_from(waiting.subquery())) or 0
    return [Waiting(*row) for row in found], total


async def open_comments(session: AsyncSession, job_id: UUID) -> Counter[tuple[str, Kind | None]]:
    """Unresolved comments by language and text. Those without a text count for both."""
    text = (col(QCComment.language), col(QCComment.kind))
    found = await session.execute(
        sa.select(*text, sa.func.count())
        .where(
            col(QCComment.job_id) == job_id,
            col(QCComment.resolved_at).is_(None),
            col(QCComment.deleted_at).is_(None),
        )
        .group_by(*text)
    )
    return Counter({(code, kind): number for code, kind, number in found})


async def open_comments_by_cue(
    session: AsyncSession, job_id: UUID, language: str, kind: Kind
) -> Mapping[str, int]:
    """Unresolved comments on cues of one text. Those without a text count for both."""
    found = await session.execute(
        sa.select(col(QCComment.cue_id), sa.func.count())
        .where(
            col(QCComment.job_id) == job_id,
            col(QCComment.language) == language,
            sa.or_(col(QCComment.kind) == kind, col(QCComment.kind).is_(None)),
            col(QCComment.cue_id).is_not(None),
            col(QCComment.resolved_at).is_(None),
            col(QCComment.deleted_at).is_(None),
        )
        .group_by(col(QCComment.cue_id))
    )
    return {str(cue_id): number for cue_id, number in found}


async def comment(
    session: AsyncSession, job_id: UUID, language: str, comment_id: UUID, *, lock: bool = False
) -> QCComment | None:
    """One comment, even if it is deleted."""
    query = (
        sa.select(QCComment)
        .where(
            col(QCComment.id) == comment_id,
            col(QCComment.job_id) == job_id,
            col(QCComment.language) == language,
        )
        .execution_options(populate_existing=True)
    )
    return await session.scalar(query.with_for_update() if lock else query)


async def comments(
    session: AsyncSession, job_id: UUID, language: str, *, resolved: bool | None, offset: int, limit: int
) -> tuple[Sequence[QCComment], int]:
    """Oldest first, and the total."""
    conditions = [
        col(QCComment.job_id) == job_id,
        col(QCComment.language) == language,
        col(QCComment.deleted_at).is_(None),
    ]
    if resolved is not None:
        conditions.append(col(QCComment.resolved_at).is_not(None) == resolved)
    found = await session.scalars(
        sa.select(QCComment)
        .where(*conditions)
        .order_by(col(QCComment.created_at), col(QCComment.id))
        .offset(offset)
        .limit(limit)
    )
    total = await session.scalar(sa.select(sa.func.count()).select_from(QCComment).where(*conditions)) or 0
    return found.all(), total
