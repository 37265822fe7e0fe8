"""The catalog: what this deployment's providers support. Known at start-up, so that a job is refused at submission
rather than an hour later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from schema.contracts.base import Contract
from schema.contracts.outputs import RequestedOutputs, TtsPreferences, primary
from schema.enums import Embedder, Provider, VoiceProvider
from schema.errors import FieldError


class CatalogVoice(Contract):
    """A voice that `tts_preferences` may name."""

    id: str
    """The name that `tts_preferences` uses."""
    name: str
    """Display name."""
    languages: tuple[str, ...]
    """BCP 47 codes; `en` covers all of `en-*`."""
    gender: str | None = None
    """As given by the provider."""
    draft: bool = False
    """Whether it is only of draft quality."""
    quality: Literal["natural", "compact", "formant"] | None = None
    """Quality of a local voice: nearly human, small, or plainly synthetic."""


class VoiceCatalog(Contract):
    """A voice provider that is configured here."""

    provider: VoiceProvider
    models: tuple[str, ...] = ()
    """Empty if there is no choice."""
    languages: tuple[str, ...]
    voices: tuple[CatalogVoice, ...]

    def has(self, voice: str, language: str) -> bool:
        return any(voice == each.id and knows(each.languages, language) for each in self.voices)


class StepCatalog(Contract):
    """A step's provider, the languages that it supports, and what would support another."""

    provider: Provider
    languages: tuple[str, ...]
    remedy: str
    """A sentence, such as `Set TRANSCRIBE_PROVIDER=google.`"""
    engine: str | None = None
    """The current engine, with its model."""


class TranslationCatalog(Contract):
    provider: Provider
    pairs: tuple[tuple[str, str], ...]
    """(source, target), primary codes. Empty with `any_pair`."""
    any_pair: bool = False
    remedy: str
    """May refer to the pair as `{source}` and `{target}`."""
    engine: str | None = None
    """The current engine, with its model."""

    def has(self, source: str, target: str) -> bool:
        return (
            self.any_pair
            or (source, target) in self.pairs
            or (
                primary(source),
                primary(target),
            )
            in self.pairs
        )


class Engines(Contract):
    """The current engine of each text, with its model; None if it is unknown."""

    captions: str | None = None
    audio_description: str | None = None
    translation: str | None = None


class ProviderCatalog(Contract):
    """The whole catalog. `voices` is in order of preference: the first provider speaks if a job names none."""

    transcribe: StepCatalog
    describe: StepCatalog
    translate: TranslationCatalog
    voices: tuple[VoiceCatalog, ...]
    embedder: Embedder
    """The embedder that is used now."""

    @property
    def engines(self) -> Engines:
        return Engines(
            captions=self.transcribe.engine,
            audio_description=self.describe.engine,
            translation=self.translate.engine,
        )

    def voice_catalog(self, provider: VoiceProvider | None) -> VoiceCatalog | None:
        if provider is None:
            return self.voices[0] if self.voices else None
        return next((each for each in self.voices if each.provider is provider), None)

    def refusals(self, source: str, outputs: RequestedOutputs) -> list[FieldError]:
        """Every requested output that cannot be made here, with what would make it possible."""
        wrong: list[FieldError] = []
        if not knows(self.transcribe.languages, source):
            wrong.append(_not_done("source_language", "transcribed", source, self.transcribe))
        if outputs.wants_description and not knows(self.describe.languages, source):
            wrong.append(_not_done("source_language", "described", source, self.describe))
        targets = outputs.targets(source)
        for target in targets:
            if not self.translate.has(source, target):
                place = f"requested_outputs.languages.{outputs.languages.index(target)}"
                remedy = self.translate.remedy.format(source=primary(source), target=primary(target))
                wrong.append(
                    FieldError(
                        place,
                        f"{source} to {target} cannot be translated by the {self.translate.provider} provider. "
                        f"{remedy}",
                    )
                )
        if outputs.wants_speech:
            wrong += self.voice_refusals(outputs.tts_preferences, (source, *targets))
        wrong += self._dub_refusals(source, outputs)
        return wrong

    def _dub_refusals(self, source: str, outputs: RequestedOutputs) -> Iterator[FieldError]:
        """A dub needs recognition, or captions of its language that show where it has speech."""
        for language in outputs.dubs:
            place = f"requested_outputs.dubs.{language}"
            if language == source:
                yield FieldError(place, f"{source} is the source language: its sound is the video's own.")
            elif language not in outputs.languages:
                yield FieldError(place, f"{language} is not among the languages that are asked for.")
            elif not outputs.wants_description:
                yield FieldError(place, "A dub is heard under descriptions, and none is asked for.")
            elif not outputs.captions_vtt and not knows(self.transcribe.languages, language):
                refused = _not_done(place, "transcribed", language, self.transcribe)
                remedy = f"{refused.message} Or ask for captions_vtt: they tell where the dub speaks."
                yield FieldError(place, remedy)

    def voice_refusals(self, asked: TtsPreferences, languages: Iterable[str]) -> list[FieldError]:
        """Why these languages cannot be spoken with these preferences."""
        place = "requested_outputs.tts_preferences"
        catalog = self.voice_catalog(asked.provider)
        if catalog is None:
            known = ", ".join(each.provider for each in self.voices) or "none"
            return [
                FieldError(f"{place}.provider", f"{asked.provider} is not configured here; there is {known}.")
            ]
        wrong: list[FieldError] = []
        if asked.model is not None and asked.model not in catalog.models:
            known = ", ".join(catalog.models) or "no choice of model"
            wrong.append(
                FieldError(
                    f"{place}.model", f"{catalog.provider} has no model {asked.model}; there is {known}."
                )
            )
        for language in languages:
            if not knows(catalog.languages, language):
                known = ", ".join(catalog.languages)
                wrong.append(
                    FieldError(
                        f"{place}.provider",
                        f"{catalog.provider} does not speak {language}; it speaks {known}.",
                    )
                )
                continue
            wrong += self._voice_refusal(catalog, asked, language, place)
        return wrong

    @staticmethod
    def _voice_refusal(
        catalog: VoiceCatalog, asked: TtsPreferences, language: str, place: str
    ) -> list[FieldError]:
        told = asked.told_for(language)
        own = asked.voices[told] if told else None
        if own is not None and not catalog.has(own, language):
            known = ", ".join(each.id for each in catalog.voices if knows(each.languages, language))
            return [
                FieldError(
                    f"{place}.voices.{told}",
                    f"{catalog.provider} has no voice {own} for {language}; there is {known}.",
                )
            ]
        default = asked.default_voice
        if default is not None and not any(default == each.id for each in catalog.voices):
            known = ", ".join(each.id for each in catalog.voices)
            return [
                FieldError(
                    f"{place}.default_voice", f"{catalog.provider} has no voice {default}; there is {known}."
                )
            ]
        return []


def knows(languages: Iterable[str], code: str) -> bool:
    """Whether `languages` contains `code` or its primary language."""
    known = set(languages)
    return code in known or primary(code) in known


def _not_done(field: str, verb: str, language: str, step: StepCatalog) -> FieldError:
    known = ", ".join(step.languages)
    message = (
        f"{language} cannot be {verb} by the {step.provider} provider, which knows {known}. {step.remedy}"
    )
    return FieldError(field, message)
