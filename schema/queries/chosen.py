"""Selects the jobs of a batch."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.batches import BatchFilter
from schema.contracts.providers import Engines
from schema.enums import BatchAction, JobStatus, Step
from schema.permissions import OF_BATCH, Permission, Principal
from schema.queries.arrays import among
from schema.queries.outdated import of_other_glossary, of_other_model
from schema.queries.visibility import unscoped, visible_to
from schema.tables import Job, JobLanguage, now
from schema.tables.jobs import HAS_FAILED


def narrowed(
    who: Principal, action: BatchAction, wanted: BatchFilter, engines: Engines
) -> list[sa.ColumnElement[bool]]:
    """The jobs of a filter that the owner sees now and may act on. `engines` are the current drafting engines."""
    conditions = [visible_to(who), *_conditions(wanted)]
    if wanted.other_model:
        conditions.append(of_other_model(engines))
    permission = OF_BATCH[action]
    if not who.is_admin and permission is not Permission.READ:
        conditions.append(
            among(col(Job.org_id), [org for org in who.memberships if who.may(permission, org)])
        )
    return conditions


async def still(
    session: AsyncSession,
    who: Principal,
    action: BatchAction,
    wanted: BatchFilter,
    engines: Engines,
    job_ids: Collection[UUID],
) -> set[UUID]:
    """Those of these jobs that still match the filter. Hours may pass between the selection and a job's turn."""
    unscoped("`narrowed` says what the owner sees")
    theirs = among(col(Job.id), job_ids)
    query = sa.select(col(Job.id)).where(theirs, *narrowed(who, action, wanted, engines))
    return set(await session.scalars(query))


def _conditions(wanted: BatchFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.status:
        found.append(among(col(Job.status), [status.value for status in wanted.status]))
    for name in ("org_id", "client_id", "project_id"):
        if (value := getattr(wanted, name)) is not None:
            found.append(getattr(Job, name) == value)
    if wanted.language is not None:
        targets: Any = col(Job.requested_outputs)["languages"]
        found.append(sa.or_(col(Job.source_language) == wanted.language, targets.has_key(wanted.language)))
    if wanted.label is not None:
        kind = Job.metadata.tables["jobs"].c.labels.type
        found.append(col(Job.labels).op("@>")(sa.cast(sa.literal([wanted.label], kind), kind)))
    if wanted.older_than_days is not None:
        found.append(col(Job.created_at) < now() - timedelta(days=wanted.older_than_days))
    if wanted.failed_step is not None:
        found += [col(Job.status) == JobStatus.FAILED, _failed_at(wanted.failed_step)]
    if wanted.other_glossary:
        found += of_other_glossary()
    return found


def _failed_at(step: Step) -> sa.ColumnElement[bool]:
    """The failed step of the job, or of any of its languages. Of several failures, the job's row only names one."""
    unscoped("a condition of jobs that are narrowed")
    language = sa.exists().where(
        col(JobLanguage.job_id) == col(Job.id),
        sa.text(f"job_languages.{HAS_FAILED}"),
        col(JobLanguage.failed_step) == step.value,
    )
    return sa.or_(col(Job.failed_step) == step.value, language)
