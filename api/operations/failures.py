"""Failed jobs, for production."""

from __future__ import annotations

from api.bodies.failures import FailedJobOut, FailureCount, Failures
from api.context import Context
from api.pagination import Slice
from schema.queries import failures


async def listing(ctx: Context, wanted: failures.Wanted, paging: Slice) -> Failures:
    """Failed jobs of the organisations in which the caller is production."""
    found = await failures.page(ctx.session, ctx.principal, wanted, offset=paging.offset, limit=paging.size)
    return Failures(
        items=[FailedJobOut.model_validate(each, from_attributes=True) for each in found.items],
        total=found.total,
        page=paging.page,
        size=paging.size,
        total_capped=found.capped,
        counts=[FailureCount.model_validate(each, from_attributes=True) for each in found.counts],
    )
