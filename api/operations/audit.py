"""The audit log, as admins read and prune it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from fastapi.responses import StreamingResponse

from api import sheets
from api.asked import Asked
from api.authn import current_principal
from api.bodies.audit import AuditForgotten, AuditOut
from api.context import Context
from api.pagination import Page, Slice
from schema.errors import Invalid
from schema.queries import audit, batches, keyset, mails, users
from schema.tables import now

_HEADER = tuple(AuditOut.model_fields)
_PIECE = 1_000
_AT_ONCE = 5_000
"""Rows per statement, so that locks are short."""
_TURNS = 200
"""Maximum number of statements per request."""
CLEANUP = "audit.cleanup"


async def listing(ctx: Context, wanted: audit.Wanted, paging: Slice) -> Page[AuditOut]:
    """One page, newest first."""
    walk = keyset.Walk(paging.size, paging.offset, paging.after)
    found = await audit.page(ctx.session, ctx.principal, wanted, walk)
    return paging.walked(await _shown(ctx.session, found.rows), found)


async def sheet(ctx: Context, wanted: audit.Wanted) -> StreamingResponse:
    """All matching entries as CSV. No connection is held while the client reads slowly."""
    await ctx.session.commit()
    return sheets.streamed("audit-log.csv", _HEADER, _pieces(ctx, wanted))


async def _pieces(ctx: Context, wanted: audit.Wanted) -> AsyncIterator[list[list[Any]]]:
    after: str | None = None
    while True:
        async with ctx.parts.database.begin() as session:
            who = await current_principal(
                session, ctx.claims
            )  # it may take long, and they may no longer be an admin
            found = await audit.page(session, who, wanted, keyset.Walk(_PIECE, after=after))
            shown = await _shown(session, found.rows)
        yield [[getattr(entry, name) for name in _HEADER] for entry in shown]
        after = found.next
        if after is None:
            return


async def _shown(session: Any, rows: Sequence[Any]) -> list[AuditOut]:
    names = await users.names(session, [row.actor_id for row in rows])
    return [AuditOut.of(row, names.get(row.actor_id) if row.actor_id else None) for row in rows]


async def cleanup(ctx: Context, days: int | None, once: Asked) -> AuditForgotten:
    """Deletes what is older than `days`: entries of the log, sent or dropped mails, and finished batches. The log
    records this first, so that an interrupted cleanup is on record.

    Raises:
        Invalid: entries of that age have to be kept.
    """
    kept = ctx.parts.settings.audit_kept_days
    if days is not None and days < kept:
        raise Invalid(
            f"Entries are kept for {kept} days (AUDIT_KEPT_DAYS): give older_than_days={kept} or more."
        )
    earlier = await ctx.done(once, CLEANUP, None)
    if earlier is not None:
        told = earlier.after
    else:
        before = now() - timedelta(days=days or kept)
        ended, items = await batches.older(ctx.session, before)
        told = {
            "before": before.isoformat(),
            "entries": await audit.older(ctx.session, before),
            "mails": await mails.older(ctx.session, before),
            "batches": ended,
            "batch_items": items,
        }
        await ctx.record(once, CLEANUP, "audit_log", None, after=told)
    await ctx.session.commit()
    before = datetime.fromisoformat(told["before"])
    numbers = {name: told.get(name, 0) for name in ("entries", "mails", "batches", "batch_items")}
    return AuditForgotten(before=before, **numbers, complete=await _forget(ctx, before))


async def _forget(ctx: Context, before: datetime) -> bool:
    """Whether everything is deleted. A batch is deleted after its items."""
    kinds = [batches.forget, batches.forget_items, mails.forget, audit.forget]
    for _ in range(_TURNS):
        deleted = await kinds[-1](ctx.session, before, limit=_AT_ONCE)
        await ctx.session.commit()
        if deleted < _AT_ONCE:
            kinds.pop()
        if not kinds:
            return True
    return False
