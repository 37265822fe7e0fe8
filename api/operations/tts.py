"""The voices of this deployment."""

from __future__ import annotations

from api.bodies.tts import (
    Options,
    ProviderOptions,
    ProviderVoices,
    SpokenLanguage,
    SpokenLanguages,
    Voices,
)
from schema.contracts.outputs import primary
from schema.contracts.providers import ProviderCatalog, knows
from schema.enums import VoiceProvider


def voices(catalog: ProviderCatalog, provider: VoiceProvider | None, language: str | None) -> Voices:
    """The voices by provider, optionally of one provider or for one language."""
    return Voices(
        providers=[
            ProviderVoices(
                provider=each.provider,
                voices=[
                    voice
                    for voice in each.voices
                    if language is None
                    or knows(voice.languages, language)
                    or any(primary(own) == language for own in voice.languages)
                ],
            )
            for each in catalog.voices
            if provider in (None, each.provider)
        ]
    )


def languages(catalog: ProviderCatalog) -> SpokenLanguages:
    """Every language that any provider speaks."""
    spoken: dict[str, list[VoiceProvider]] = {}
    for each in catalog.voices:
        for code in each.languages:
            spoken.setdefault(code, []).append(each.provider)
    return SpokenLanguages(
        languages=[SpokenLanguage(code=code, providers=spoken[code]) for code in sorted(spoken)]
    )


def options(catalog: ProviderCatalog) -> Options:
    """The values that `tts_preferences` accepts."""
    return Options(
        default_provider=catalog.voices[0].provider if catalog.voices else None,
        providers=[
            ProviderOptions(
                provider=each.provider,
                models=list(each.models),
                languages=list(each.languages),
                voices=[voice.id for voice in each.voices],
            )
            for each in catalog.voices
        ],
    )
