"""The outputs of a job: signed URLs, and whether all of them exist."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from api.bodies.downloads import DownloadOut, Downloads, Missing, Validation
from api.context import Context
from schema import objects
from schema.contracts.outputs import RequestedOutputs
from schema.enums import AssetKind
from schema.queries import assets
from schema.tables import Asset, Job, now

_AT_ONCE = 8


async def downloads(ctx: Context, job: Job) -> Downloads:
    """The source and every output, by language; for clients, only what was delivered. Each URL downloads under a
    readable file name."""
    life_s = ctx.parts.settings.signed_url_s
    source = [] if job.source_gone_at else [_source(job)]
    found = [*source, *await assets.of_job(ctx.session, job.id)]
    if ctx.principal.is_client_in(job.org_id):
        found = [*source, *assets.for_clients(job)] if job.delivered is not None else []
    await ctx.session.commit()
    expires_at = now() + timedelta(seconds=life_s)
    slots = asyncio.Semaphore(_AT_ONCE)  # without a key of our own, each signature is a request to Google

    async def sign(asset: Asset) -> DownloadOut:
        async with slots:
            return await _signed(ctx, job, asset, life_s)

    items = await asyncio.gather(*(sign(asset) for asset in _unique(found)))
    return Downloads(job_id=job.id, expires_at=expires_at, items=items)


async def validate(ctx: Context, job: Job) -> Validation:
    """Checks the object of every requested output, in every language."""
    known = {(asset.language, asset.kind): asset for asset in await assets.of_job(ctx.session, job.id)}
    await ctx.session.commit()
    outputs = RequestedOutputs.kept(job.requested_outputs)
    wanted = [
        (language, kind)
        for language in (job.source_language, *outputs.targets(job.source_language))
        for kind in outputs.wanted_assets()
    ]
    slots = asyncio.Semaphore(_AT_ONCE)

    async def look(language: str, kind: AssetKind) -> Missing | None:
        async with slots:
            reason = await _wrong(ctx, known.get((language, kind)))
        return Missing(language=language, kind=kind, reason=reason) if reason else None

    looked = await asyncio.gather(*(look(language, kind) for language, kind in wanted))
    missing = [each for each in looked if each is not None]
    return Validation(job_id=job.id, complete=not missing, checked=len(wanted), missing=missing)


async def _wrong(ctx: Context, asset: Asset | None) -> str | None:
    if asset is None:
        return "It has not been made yet."
    stored = await ctx.store.stat(asset.object_name)
    if stored is None:
        return "Its object is not in the bucket."
    if stored.size != asset.size_bytes:
        return f"Its object has {stored.size} bytes instead of {asset.size_bytes}."
    return None


def _source(job: Job) -> Asset:
    return Asset(
        job_id=job.id,
        language=job.source_language,
        kind=AssetKind.SOURCE,
        object_name=job.source_object,
        content_type=job.content_type,
        size_bytes=job.size_bytes,
        details={},
    )


def _unique(found: list[Asset]) -> list[Asset]:
    """Removes duplicates: a step may have recorded the source as an asset too."""
    return list({(asset.language, asset.kind): asset for asset in found}.values())


async def _signed(ctx: Context, job: Job, asset: Asset, life_s: int) -> DownloadOut:
    filename = objects.download_name(job.title, asset.language, asset.kind, asset.object_name)
    url = await ctx.store.signed_get(
        asset.object_name, life_s, filename=filename, content_type=asset.content_type
    )
    return DownloadOut(
        language=asset.language,
        kind=asset.kind,
        filename=filename,
        content_type=asset.content_type,
        size_bytes=asset.size_bytes,
        url=url,
        details={} if ctx.principal.is_client_in(job.org_id) else asset.details,
    )
