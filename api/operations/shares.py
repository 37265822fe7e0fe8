"""Share links of a job: created and revoked, and the public page that they open."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import timedelta

from api.asked import Asked
from api.bodies.shares import ShareBody, SharedJob, SharedLanguage, SharedPlayer, ShareMade, ShareOut
from api.context import Context, Visit
from api.guards.shares import ShareOfJob
from api.operations import auth
from api.pagination import Page, Slice
from schema import links
from schema.enums import AssetKind
from schema.errors import Conflict, Invalid, NotFound
from schema.links import Purpose
from schema.queries import jobs, named, sessions, shares
from schema.queries.assets import Delivered
from schema.tables import Job, ShareToken, now

MOST_ACTIVE = 100
"""Maximum number of links per job."""
LONGEST = timedelta(days=366)
_URL_S = 3600
"""The lifetime of signed URLs, at most an hour. A revoked page can be played for that long."""
_AT_ONCE = 8
_PLAYED = frozenset(
    {
        AssetKind.ACCESSIBLE_VIDEO_MP4,
        AssetKind.RETIMED_CAPTIONS_VTT,
        AssetKind.RETIMED_AUDIO_DESCRIPTION_VTT,
        AssetKind.RETIMED_CHAPTERS_VTT,
        AssetKind.CAPTIONS_VTT,
        AssetKind.AUDIO_DESCRIPTION_VTT,
        AssetKind.AUDIO_DESCRIPTION_MP3,
    }
)
_NOTHING = "This page has ended, or there is none at this address."


async def listing(ctx: Context, job: Job, paging: Slice) -> Page[ShareOut]:
    found, total = await shares.page(ctx.session, job.id, offset=paging.offset, limit=paging.size)
    return paging.of([ShareOut.of(row) for row in found], total)


async def create(ctx: Context, job: Job, body: ShareBody, once: Asked) -> ShareMade:
    """Raises:
    Conflict: the job has delivered nothing yet, or has too many links.
    Invalid: the expiry is in the past, or too late.
    """
    settings = ctx.parts.settings
    expires_at = body.expires_at or now() + timedelta(seconds=settings.share_s)
    share_id = once.uuid("share")
    secret = settings.jwt_secret.get_secret_value()
    token = links.token(secret, Purpose.SHARE, share_id)
    made = await named.made(ctx.session, ShareToken, share_id)
    if made is None:
        if not now() < expires_at <= now() + LONGEST:
            raise Invalid(f"A link ends in the future, and in {LONGEST.days} days at most.")
        fresh = await jobs.load(ctx.session, job.id, lock=True) or job
        if fresh.deleted_at is not None:
            raise NotFound("Job not found")
        if fresh.delivered is None:
            raise Conflict("A job is shared once it has been completed.", state=fresh.status.value)
        if await shares.active(ctx.session, job.id) >= MOST_ACTIVE:
            raise Conflict(f"The job has {MOST_ACTIVE} links: revoke one first.", state=fresh.status.value)
        made = ShareToken(
            id=share_id,
            job_id=job.id,
            created_by=ctx.principal.user_id,
            name=body.name,
            token_hash=links.hashed(token),
            expires_at=expires_at,
        )
        ctx.session.add(made)
    await ctx.record(once, "share.create", "share", made.id, after=_told(made), security=True)
    await ctx.session.commit()
    url = f"{settings.frontend_url.rstrip('/')}/share#token={token}"
    return ShareMade(**ShareOut.of(made).model_dump(), token=token, url=url)


async def revoke(ctx: Context, found: ShareOfJob, once: Asked) -> None:
    if await ctx.done(once, "share.revoke", found.share.id):
        return
    row = await shares.one(ctx.session, found.job.id, found.share.id, lock=True)
    if row is None or row.revoked_at is not None:
        raise NotFound("Share token not found")
    row.revoked_at = now()
    await ctx.record(once, "share.revoke", "share", row.id, before=_told(row), security=True)
    await ctx.session.commit()


def _told(row: ShareToken) -> dict[str, str]:
    return {"job_id": str(row.job_id), "name": row.name, "expires_at": row.expires_at.isoformat()}


async def public(visit: Visit, token: str) -> SharedJob:
    """The outputs of the job's last completion, for players. Only invalid tokens are counted, because a whole office
    may watch from one address.

    Raises:
        NotFound: the token is invalid, expired or revoked.
        TooMany: too many were tried from this address.
    """
    counted = await auth.throttle(visit, "share")
    job = await shares.shared(visit.session, links.hashed(token))
    if job is None:
        raise NotFound(_NOTHING)
    await sessions.forgive(visit.session, counted)
    await visit.session.commit()
    life_s = min(visit.parts.settings.signed_url_s, _URL_S)
    expires_at = now() + timedelta(seconds=life_s)
    slots = asyncio.Semaphore(_AT_ONCE)

    async def sign(each: Delivered) -> tuple[str, SharedPlayer]:
        async with slots:
            url = await visit.store.signed_get(each.object_name, life_s, content_type=each.content_type)
        return each.language, SharedPlayer(kind=each.kind, content_type=each.content_type, url=url)

    delivered = [Delivered.kept(each) for each in job.delivered or ()]
    signed = await asyncio.gather(*(sign(each) for each in delivered if each.kind in _PLAYED))
    by_language: defaultdict[str, list[SharedPlayer]] = defaultdict(list)
    for language, player in signed:
        by_language[language].append(player)
    languages = [SharedLanguage(language=code, players=by_language[code]) for code in sorted(by_language)]
    return SharedJob(title=job.title, languages=languages, expires_at=expires_at)
