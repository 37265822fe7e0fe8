"""Conditions on jobs: texts made with an outdated glossary version or model."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from schema.contracts.providers import Engines
from schema.enums import Kind, LanguageStage, QCState
from schema.queries.glossaries import active_version
from schema.tables import Job, JobLanguage


def of_other_glossary() -> list[sa.ColumnElement[bool]]:
    """Jobs with a translation that follows another glossary version."""
    active = active_version(col(Job.client_id), col(Job.source_language)).correlate(Job).scalar_subquery()
    translated = (
        sa.select(sa.literal(1))
        .where(
            col(JobLanguage.job_id) == col(Job.id),
            col(JobLanguage.is_source).is_(False),
            col(JobLanguage.qc_state) != QCState.PENDING,
        )
        .correlate(Job)
    )
    return [
        active.is_not(None),
        active.is_distinct_from(col(Job.glossary_version_id)),
        sa.exists(translated),
    ]


def of_other_model(used: Engines) -> sa.ColumnElement[bool]:
    """Jobs with a text whose last draft was requested from an engine other than those `used` now. An unknown engine
    does not count as different."""
    drafted: Any = col(JobLanguage.engines)
    is_source = col(JobLanguage.is_source)
    pairs = (
        (is_source, Kind.CAPTIONS, used.captions),
        (is_source, Kind.AUDIO_DESCRIPTION, used.audio_description),
        *((sa.not_(is_source), kind, used.translation) for kind in Kind),
    )
    others = [
        sa.and_(of, drafted[kind.value].astext != engine) for of, kind, engine in pairs if engine is not None
    ]
    there = (col(JobLanguage.job_id) == col(Job.id), col(JobLanguage.stage) != LanguageStage.REMOVED)
    return sa.exists(sa.select(sa.literal(1)).where(*there, sa.or_(sa.false(), *others)).correlate(Job))
