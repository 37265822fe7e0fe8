"""Converts moments of an accessible video to the source's timeline, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.context import Context
from api.operations.clients import only_client
from schema.plan.timemap import TimeMap
from schema.queries import assets
from schema.queries.assets import Rendering
from schema.tables import Job

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Render:
    """The timeline of one accessible video relative to the source's, in milliseconds."""

    time_map: TimeMap

    @property
    def duration_ms(self) -> int:
        return self.time_map.timebase.to_ms(self.time_map.rendered_duration)

    def to_source_ms(self, at_ms: int) -> int:
        base = self.time_map.timebase
        return base.to_ms(self.time_map.to_source(base.to_ticks(at_ms)))

    def to_render_ms(self, source_ms: int) -> int:
        base = self.time_map.timebase
        return base.to_ms(self.time_map.to_render(base.to_ticks(source_ms)))


async def seen(ctx: Context, job: Job) -> Mapping[str, Rendering]:
    """The accessible videos that the caller sees, by language: for clients the delivered ones, even if there are newer
    ones."""
    made = await assets.renders(ctx.session, job.id)
    return {**made, **assets.delivered_renders(job)} if only_client(ctx, job.org_id) else made


async def read(ctx: Context, renderings: Sequence[Rendering]) -> list[Render]:
    """Reads the time map of each."""
    if not renderings:
        return []
    store = ctx.store
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(rendering: Rendering) -> Render:
        async with slots:
            return Render(TimeMap.model_validate_json(await store.read(rendering.time_map)))

    return list(await asyncio.gather(*(one(each) for each in renderings)))
