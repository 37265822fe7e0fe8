"""The ledger of findings that approvals overrode."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema import objects
from schema.contracts.records import PinInput
from schema.findings import Finding
from schema.permissions import Principal
from schema.queries.seen import seen
from schema.queries.visibility import unscoped
from schema.tables import FindingOverride, GlossaryVersion, Job, TextVersion, now

_NAMESPACE = UUID("1d5a7c1e-6a0b-4f36-9d0e-52f3d5b1a6c4")


async def enter(session: AsyncSession, pin: PinInput, stands: Sequence[tuple[TextVersion, Finding]]) -> None:
    """Records the findings that an approval overrides, with its reason: in the transaction that pins the texts, and
    once per approval, however often its activity runs."""
    unscoped("a worker's, of its job")
    if not stands:
        return
    versions = {finding.glossary_version_id for _, finding in stands} - {None}
    owners = await session.execute(
        sa.select(col(GlossaryVersion.id), col(GlossaryVersion.glossary_id)).where(
            col(GlossaryVersion.id).in_(versions)
        )
    )
    glossaries: dict[UUID | None, UUID] = {row[0]: row[1] for row in owners}
    rows = [
        {
            "id": _id(pin, text, finding),
            "created_at": now(),
            "job_id": pin.job.job_id,
            "language": pin.language,
            "kind": text.kind,
            "text_version": text.version,
            "rule": finding.rule,
            "cue_id": finding.cue_id,
            "message": finding.message,
            "term": finding.term,
            "wanted": finding.wanted,
            "glossary_id": glossaries.get(finding.glossary_version_id),
            "glossary_version_id": finding.glossary_version_id,
            "reason": pin.override_reason,
            "actor_id": pin.actor.user_id,
        }
        for text, finding in stands
    ]
    await session.execute(insert(FindingOverride).on_conflict_do_nothing(index_elements=["id"]), rows)


def _id(pin: PinInput, text: TextVersion, finding: Finding) -> UUID:
    """A decision from Temporal's UI may have no id. Then the same reason for the same text is recorded once."""
    decision = pin.decision_id or f"{text.id}/{pin.override_reason}"
    about = (finding.rule, finding.cue_id, finding.cue_index, finding.term, finding.message)
    return uuid5(_NAMESPACE, objects.hash_of(decision, text.kind, *about))


async def of_job(
    session: AsyncSession, job_id: UUID, *, offset: int, limit: int
) -> tuple[Sequence[FindingOverride], int]:
    """A page, newest first, and the total."""
    unscoped("of a job that a guard handed over")
    return await _page(session, col(FindingOverride.job_id) == job_id, offset, limit)


async def of_glossary(
    session: AsyncSession, who: Principal, glossary_id: UUID, *, offset: int, limit: int
) -> tuple[Sequence[FindingOverride], int]:
    """Entries in the jobs that `who` sees. The client may have others."""
    seen_jobs = sa.select(col(Job.id)).where(seen(who, Job))
    where = sa.and_(
        col(FindingOverride.glossary_id) == glossary_id, col(FindingOverride.job_id).in_(seen_jobs)
    )
    return await _page(session, where, offset, limit)


async def _page(
    session: AsyncSession, where: sa.ColumnElement[bool], offset: int, limit: int
) -> tuple[Sequence[FindingOverride], int]:
    unscoped("its callers narrow it")
    total = await session.scalar(sa.select(sa.func.count()).select_from(FindingOverride).where(where))
    found = await session.scalars(
        sa.select(FindingOverride)
        .where(where)
        .order_by(col(FindingOverride.created_at).desc(), col(FindingOverride.id))
        .offset(offset)
        .limit(limit)
    )
    return found.all(), total or 0
