"""Voices."""

from __future__ import annotations

from pydantic import BaseModel

from schema.contracts.providers import CatalogVoice
from schema.enums import VoiceProvider


class ProviderVoices(BaseModel):
    provider: VoiceProvider
    voices: list[CatalogVoice]


class Voices(BaseModel):
    providers: list[ProviderVoices]


class SpokenLanguage(BaseModel):
    """A language, and who speaks it."""

    code: str
    providers: list[VoiceProvider]


class SpokenLanguages(BaseModel):
    languages: list[SpokenLanguage]


class ProviderOptions(BaseModel):
    """What `tts_preferences` may say for one provider."""

    provider: VoiceProvider
    models: list[str]
    languages: list[str]
    voices: list[str]


class Options(BaseModel):
    default_provider: VoiceProvider | None
    providers: list[ProviderOptions]
