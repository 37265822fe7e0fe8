"""Voices and previews."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.authn import Caller
from api.bodies.tts import Options, PreviewBody, PreviewOut, SpokenLanguages, Voices
from api.errors import errors
from api.idempotency import KeyedRoute, Once
from api.operations import previews, tts
from schema.contracts.bounds import Language
from schema.enums import VoiceProvider

router = APIRouter(prefix="/tts", tags=["TTS"], route_class=KeyedRoute)


@router.get("/voices")
async def list_voices(
    caller: Caller,
    provider: Annotated[VoiceProvider | None, Query(description="Of this provider alone.")] = None,
    language: Annotated[Language | None, Query(description="Those that speak this BCP 47 code.")] = None,
) -> Voices:
    """Lists voices by provider."""
    return tts.voices(caller.parts.providers, provider, language)


@router.get("/languages")
async def list_languages(caller: Caller) -> SpokenLanguages:
    """Lists the languages that can be spoken, and by whom."""
    return tts.languages(caller.parts.providers)


@router.get("/options")
async def list_options(caller: Caller) -> Options:
    """Lists the values that `tts_preferences` accepts."""
    return tts.options(caller.parts.providers)


@router.post("/preview", responses=errors(400, 401, 429, 503))
async def preview_voice(body: PreviewBody, caller: Caller, once: Once) -> PreviewOut:
    """Speaks a few words in a voice, as MP3. The same words in the same voice are spoken once."""
    return await previews.preview(caller, body, once)
