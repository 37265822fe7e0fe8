"""Previews of voices: spoken by the voice workers, stored in the bucket, and awaited for a while."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError

from api.asked import Asked
from api.bodies.tts import PreviewBody, PreviewOut
from api.context import Context
from api.operations import auth
from schema import objects
from schema.codes import Code
from schema.contracts.outputs import TtsPreferences
from schema.contracts.previews import PreviewRequest
from schema.errors import FieldError, Invalid, Unavailable
from schema.tables import now
from workflows.start import start_preview

_VERSION = 1
_MP3 = "audio/mpeg"
_SOON_S, _LATER_S = 5, 30


async def preview(ctx: Context, body: PreviewBody, once: Asked) -> PreviewOut:
    """Raises:
    Invalid: this deployment does not have the voice, or no longer has it.
    TooMany: the caller has reached the limit for now.
    Unavailable: it is not ready in time. Work continues, and the same request finds the result.
    """
    asked = _checked(ctx, body)
    await auth.limit_user(ctx, "preview", ctx.parts.settings.preview_attempts)
    key = objects.hash_of("preview", _VERSION, asked)
    after = {**asked.model_dump(mode="json", exclude={"text"}), "characters": len(asked.text)}
    await ctx.record(once, "tts.preview", "voice", f"{asked.provider}/{asked.voice or ''}", after=after)
    await ctx.session.commit()
    store, name = ctx.store, objects.preview(key, "mp3")
    if await store.stat(name) is None:
        await store.write(objects.preview(key, "json"), asked.model_dump_json().encode(), "application/json")
        await _spoken(ctx, key)
    life_s = ctx.parts.settings.signed_url_s
    url = await store.signed_get(name, life_s, content_type=_MP3)
    return PreviewOut(url=url, content_type=_MP3, expires_at=now() + timedelta(seconds=life_s))


def _checked(ctx: Context, body: PreviewBody) -> PreviewRequest:
    catalog = ctx.parts.providers
    voices = {body.language: body.voice} if body.voice else {}
    asked = TtsPreferences(provider=body.provider, model=body.model, voices=voices)
    wrong = [
        FieldError(
            each.field.rsplit("tts_preferences.", 1)[-1].split(".")[0].replace("voices", "voice"),
            each.message,
        )
        for each in catalog.voice_refusals(asked, (body.language,))
    ]
    found = catalog.voice_catalog(body.provider)
    if wrong or found is None:
        raise Invalid(wrong[0].message if wrong else "No voice is configured here.", errors=wrong)
    return PreviewRequest(
        text=" ".join(body.text.split()),
        language=body.language,
        provider=found.provider,
        model=body.model or next(iter(found.models), None),  # the default may be another tomorrow
        voice=body.voice,
    )


async def _spoken(ctx: Context, key: str) -> None:
    wait_s = ctx.parts.settings.update_wait_s
    try:
        async with asyncio.timeout(wait_s):
            await (await start_preview(ctx.temporal, key)).result()
    except TimeoutError:
        raise Unavailable(
            "It is being spoken: send the same request again in a moment.", retry_after_s=_SOON_S
        ) from None
    except WorkflowFailureError as error:
        failed = error.cause.cause if isinstance(error.cause, ActivityError) else None
        if isinstance(failed, ApplicationError) and failed.type == Code.INVALID:
            raise Invalid(failed.message) from error  # no later attempt would find it
        raise Unavailable(
            "The voice does not answer now. Send the same request again later.", retry_after_s=_LATER_S
        ) from error
    except (RPCError, RuntimeError) as error:
        raise Unavailable("Nothing can be spoken now. Send the same request again later.") from error
