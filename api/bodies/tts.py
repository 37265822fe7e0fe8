"""Voices."""

from __future__ import annotations

from api.bodies.base import Out
from schema.contracts.providers import CatalogVoice
from schema.enums import VoiceProvider


class ProviderVoices(Out):
    """The voices of one provider."""

    provider: VoiceProvider
    """Whose they are."""
    voices: list[CatalogVoice]
    """Those that a job may ask for."""


class Voices(Out):
    """The voices of this deployment."""

    providers: list[ProviderVoices]
    """The default one first."""


class SpokenLanguage(Out):
    """A language, and who speaks it."""

    code: str
    """BCP 47."""
    providers: list[VoiceProvider]
    """The default one first."""


class SpokenLanguages(Out):
    """All that can be spoken."""

    languages: list[SpokenLanguage]
    """By their codes."""


class ProviderOptions(Out):
    """What `tts_preferences` may say for one provider."""

    provider: VoiceProvider
    """For `provider`."""
    models: list[str]
    """For `model`."""
    languages: list[str]
    """BCP 47 codes that it speaks."""
    voices: list[str]
    """For `default_voice` and `voices`."""


class Options(Out):
    """What `tts_preferences` may say."""

    default_provider: VoiceProvider | None
    """Who speaks where none is named."""
    providers: list[ProviderOptions]
    """Those that are configured."""
