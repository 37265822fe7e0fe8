"""Voices and previews."""

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
    """The provider."""
    voices: list[CatalogVoice]
    """The voices that a job can request."""


class Voices(Out):
    """The voices of this deployment."""

    providers: list[ProviderVoices]
    """Providers, the default first."""


class SpokenLanguage(Out):
    """A language, and the providers that speak it."""

    code: str
    """BCP 47 language code."""
    providers: list[VoiceProvider]
    """Providers, the default first."""


class SpokenLanguages(Out):
    """All languages that can be spoken."""

    languages: list[SpokenLanguage]
    """Languages by code."""


class ProviderOptions(Out):
    """The values that `tts_preferences` accepts for one provider."""

    provider: VoiceProvider
    """Value for `provider`."""
    models: list[str]
    """Values for `model`."""
    languages: list[str]
    """BCP 47 codes of the languages that the provider speaks."""
    voices: list[str]
    """Values for `default_voice` and `voices`."""


class Options(Out):
    """The values that `tts_preferences` accepts."""

    default_provider: VoiceProvider | None
    """The provider that is used if none is named."""
    providers: list[ProviderOptions]
    """The configured providers."""


PreviewText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(lines),
    AfterValidator(visible),
]


class PreviewBody(Body):
    """A preview request. The values are those of `GET /tts/options`."""

    text: PreviewText
    """Text to speak, 300 characters at most."""
    language: Language
    """BCP 47 code of the text's language."""
    provider: VoiceProvider | None = None
    """Provider. If absent: the default."""
    model: Name | None = None
    """Model of the provider. If absent: its default."""
    voice: Name | None = None
    """Voice. If absent: the provider's default for the language."""


class PreviewOut(Out):
    """A spoken preview."""

    url: Shown
    """Signed URL. Anyone who has it can listen until `expires_at`."""
    content_type: str
    """Always `audio/mpeg`."""
    expires_at: datetime
    """When the URL expires."""
