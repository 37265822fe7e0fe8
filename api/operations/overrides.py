"""The ledger of findings that approvals overrode."""

from __future__ import annotations

from collections.abc import Sequence

from api.bodies.suggestions import OverrideOut
from api.context import Context
from api.pagination import Page, Slice
from schema.queries import overrides, users
from schema.tables import FindingOverride, Glossary, Job


async def of_job(ctx: Context, job: Job, paging: Slice) -> Page[OverrideOut]:
    found, total = await overrides.of_job(ctx.session, job.id, offset=paging.offset, limit=paging.size)
    return paging.of(await _shown(ctx, found), total)


async def of_glossary(ctx: Context, glossary: Glossary, paging: Slice) -> Page[OverrideOut]:
    """The entries of a glossary, in the jobs that the caller sees."""
    found, total = await overrides.of_glossary(
        ctx.session, ctx.principal, glossary.id, offset=paging.offset, limit=paging.size
    )
    return paging.of(await _shown(ctx, found), total)


async def _shown(ctx: Context, rows: Sequence[FindingOverride]) -> list[OverrideOut]:
    people = await users.names(ctx.session, [row.actor_id for row in rows])
    return [OverrideOut.of(row, people.get(row.actor_id) if row.actor_id else None) for row in rows]
