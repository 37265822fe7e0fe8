"""Voices, and how they sound."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from api.bodies.base import Body, Out, Shown
from schema.contracts.bounds import Language, Name, lines, visible
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


PreviewText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(lines),
    AfterValidator(visible),
]


class PreviewBody(Body):
    """A few words in a voice. The values are those of `GET /tts/options`."""

    text: PreviewText
    """What is to be heard, 300 characters at most."""
    language: Language
    """BCP 47 code of what it is in."""
    provider: VoiceProvider | None = None
    """Absent: the default one."""
    model: Name | None = None
    """Of that provider; absent: its default."""
    voice: Name | None = None
    """Absent: the provider's own for the language."""


class PreviewOut(Out):
    """How it sounds."""

    url: Shown
    """Signed: whoever has it may listen, until `expires_at`."""
    content_type: str
    """Always `audio/mpeg`."""
    expires_at: datetime
    """When the URL ends."""
