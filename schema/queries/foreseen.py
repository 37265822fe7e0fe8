"""Forecast of a batch before it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.batches import BatchAsked, BatchWork
from schema.enums import BatchAction, JobStatus, Kind, LanguageStage, Origin, QCState, Step
from schema.queries.visibility import unscoped
from schema.tables import Job, JobEvent, JobLanguage, TextVersion
from schema.transitions import STATUS_OF_STEP

_MEASURED = 20_000
"""How many of the newest events are read."""
_FINAL = (JobStatus.PENDING_FINAL_REVIEW, JobStatus.COMPLETED)
_STEP_OF_STAGE = {
    Step.TRANSLATE: LanguageStage.TRANSLATING,
    Step.SYNTHESIZE: LanguageStage.SYNTHESIZING,
    Step.MUX: LanguageStage.MUXING,
}
_UP_TO_A_GATE = (
    (Step.PROBE, Step.TRANSCRIBE, Step.DESCRIBE),
    (Step.TRANSLATE,),
    (Step.SYNTHESIZE, Step.MUX),
)
_BY_PERSON = tuple(origin for origin in Origin if origin.by_person)
_MARKED: sa.ColumnElement[Any] = sa.literal_column(
    "'$.* ? (@ like_regex \" (person|retimed|placed|deleted)\")'::jsonpath"
)
"""Marks of human edits in a translation's `sources` (`schema.provenance`)."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a batch would do. `minutes` is of automatic work, from local measurements; None if there are none."""

    jobs: int
    source_qc: int
    language_qc: int
    final_review: int
    human_edits: int
    minutes: float | None


async def foreseen(
    session: AsyncSession, conditions: list[sa.ColumnElement[bool]], asked: BatchAsked
) -> Foreseen:
    """Forecast for the jobs under `conditions`, which limit them to what the caller sees. A constant number of
    statements."""
    unscoped("`conditions` narrow it")
    duration: Any = col(Job.state)["artifacts"]["duration_ms"]
    failed: Any = col(Job.failure)["step"]
    chosen = (
        sa.select(
            col(Job.id),
            col(Job.status),
            col(Job.source_language),
            *(col(Job.state)["source_versions"][kind.value].astext.label(kind.value) for kind in Kind),
            col(Job.state)["source_versions"].astext.label("approved"),
            sa.cast(duration.astext, sa.BigInteger).label("duration_ms"),
            failed.astext.label("failed_step"),
        )
        .where(*conditions)
        .order_by(col(Job.created_at), col(Job.id))
        .limit(asked.max_jobs)
        .cte("chosen")
    )
    steps = steps_of(asked.work)
    final = chosen.c.status.in_([status.value for status in _FINAL])
    row = (
        await session.execute(
            sa.select(
                sa.func.count(),
                sa.func.count().filter(chosen.c.approved.is_not(None), *_drafts_late(chosen, asked.work)),
                sa.func.count().filter(final),
            ).select_from(chosen)
        )
    ).one()
    in_source = bool(steps) and steps[0] in STATUS_OF_STEP
    translates = Step.TRANSLATE in steps
    reopened = await session.scalar(_approved_languages(chosen)) if translates else 0
    edits = await session.scalar(_human_edits(chosen, in_source)) if in_source or translates else 0
    return Foreseen(
        jobs=row[0],
        source_qc=row[1] if in_source or asked.work.texts_added else 0,
        language_qc=reopened or 0,
        final_review=row[2] if steps else 0,
        human_edits=edits or 0,
        minutes=await _minutes(session, chosen, asked.work),
    )


def _drafts_late(chosen: Any, work: BatchWork) -> list[sa.ColumnElement[bool]]:
    """Jobs that get a text which was not requested when their source was approved. It is drafted and checked in source
    QC."""
    lacking = [chosen.c[kind.value].is_(None) for kind in work.texts_added]
    return [sa.or_(*lacking)] if lacking else []


def steps_of(work: BatchWork) -> list[Step]:
    """The steps that are repeated, up to the next gate that has no decision yet."""
    order = list(Step)
    match work.action:
        case BatchAction.REPROCESS:
            return order[order.index(work.from_step or Step.PROBE) :]
        case BatchAction.RETRY_TTS | BatchAction.CHANGE_OUTPUTS:
            return [Step.SYNTHESIZE, Step.MUX]
    return []


async def _minutes(session: AsyncSession, chosen: Any, work: BatchWork) -> float | None:
    """Minutes of automatic work on these jobs. For a retry without `from_step`: the rest from each job's failed step to
    the next gate. None if no such step has been measured."""
    unscoped("of jobs that are narrowed to what the caller sees")
    resumes = work.action is BatchAction.RETRY and work.from_step is None
    by_step = chosen.c.failed_step if resumes else sa.cast(sa.null(), sa.String)
    lengths = await session.execute(
        sa.select(by_step.label("step"), sa.func.sum(chosen.c.duration_ms)).group_by(sa.text("1"))
    )
    rates: dict[Step, float] | None = None
    minutes: float | None = None
    for failed, length_ms in lengths:
        steps = _left_from(failed) if resumes else machines_of(work)
        if not steps or length_ms is None:
            continue
        rates = await _rates(session) if rates is None else rates
        known = [rates[step] for step in steps if step in rates]
        if known:
            minutes = (minutes or 0) + sum(known) * float(length_ms) / 60_000
    return None if minutes is None else round(minutes, 1)


def machines_of(work: BatchWork) -> list[Step]:
    """The automatic steps, one for each added language."""
    added = len(work.outputs.add_languages) if work.outputs else 0
    if work.action is BatchAction.RETRY and work.from_step is not None:
        return _left_from(work.from_step)
    return [Step.TRANSLATE] * added + steps_of(work)


def _left_from(step: str | None) -> list[Step]:
    """That step and the following ones, up to the next gate."""
    for part in _UP_TO_A_GATE:
        for at, each in enumerate(part):
            if each == step:
                return list(part[at:])
    return []


def _approved_languages(chosen: Any) -> sa.Select[int]:
    return (
        sa.select(sa.func.count())
        .select_from(JobLanguage)
        .join(chosen, chosen.c.id == col(JobLanguage.job_id))
        .where(col(JobLanguage.is_source).is_(False), col(JobLanguage.qc_state) == QCState.APPROVED)
    )


def _human_edits(chosen: Any, in_source: bool) -> sa.Select[int]:
    """Texts whose current version a person wrote, or that contain human edits: of the source, or of the targets."""
    is_source = col(TextVersion.language) == chosen.c.source_language
    newest = (
        sa.select(
            col(TextVersion.id).label("id"),
            col(TextVersion.origin).label("origin"),
            col(TextVersion.version).label("version"),
        )
        .join(chosen, chosen.c.id == col(TextVersion.job_id))
        .where(is_source if in_source else sa.not_(is_source))
        .ext(distinct_on(col(TextVersion.job_id), col(TextVersion.language), col(TextVersion.kind)))
        .order_by(
            col(TextVersion.job_id),
            col(TextVersion.language),
            col(TextVersion.kind),
            col(TextVersion.version).desc(),
        )
        .subquery("newest")
    )
    held = sa.exists().where(
        col(TextVersion.id) == newest.c.id,
        sa.func.jsonb_path_exists(col(TextVersion.sources), _MARKED),
    )
    again = sa.and_(newest.c.origin == Origin.TRANSLATION, newest.c.version > 1, held)
    edited = sa.or_(newest.c.origin.in_(_BY_PERSON), again)
    return sa.select(sa.func.count()).select_from(newest).where(edited)


async def _rates(session: AsyncSession) -> dict[Step, float]:
    """Duration of each step relative to its video: the median of recent runs."""
    unscoped("a figure of the whole platform, which names no job")
    newest = (
        sa.select(JobEvent)
        .where(col(JobEvent.type).in_(["status", "language", "begin"]))
        .order_by(col(JobEvent.id).desc())
        .limit(_MEASURED)
        .subquery("newest")
    )
    data: Any = newest.c.data
    told = sa.func.coalesce(data["stage"].astext, data["status"].astext).label("told")
    spans = sa.select(
        newest.c.job_id,
        told,
        (
            sa.func.lead(newest.c.at).over(
                partition_by=[newest.c.job_id, newest.c.language], order_by=newest.c.id
            )
            - newest.c.at
        ).label("took"),
    ).subquery("spans")
    duration: Any = col(Job.state)["artifacts"]["duration_ms"]
    length = sa.cast(duration.astext, sa.Float)
    rate = sa.func.extract("epoch", spans.c.took) * 1000 / sa.func.nullif(length, 0)
    found = await session.execute(
        sa.select(spans.c.told, sa.func.percentile_cont(0.5).within_group(rate))
        .join(Job, col(Job.id) == spans.c.job_id)
        .where(spans.c.took.is_not(None))
        .group_by(spans.c.told)
    )
    by_word = {word: float(value) for word, value in found if value is not None}
    words = {step: status.value for step, status in STATUS_OF_STEP.items()}
    words |= {step: stage.value for step, stage in _STEP_OF_STAGE.items()}
    return {step: by_word[word] for step, word in words.items() if word in by_word}
