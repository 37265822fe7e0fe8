"""Builds the adapters of the AI steps from the settings, and reports what they support.

Adapters are imported where they are used, so that a pool only loads what it runs: no speech model in the mux worker, no
codec in the translate worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from activities.ports import (
    Describer,
    Embedder,
    SoundNamer,
    SpeechDetector,
    SpeechRecognizer,
    TextModel,
    Translator,
    Voice,
)
from schema.contracts.providers import (
    CatalogVoice,
    ProviderCatalog,
    StepCatalog,
    TranslationCatalog,
    VoiceCatalog,
)
from schema.enums import Provider, VoiceProvider
from schema.errors import Misconfigured
from schema.settings import Settings


class Providers:
    """The adapters of the AI steps, created on first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def detector(self) -> SpeechDetector:
        """Local for every recogniser, because it takes seconds per hour of sound."""
        from activities.local.silero import SileroDetector

        return SileroDetector()

    @cached_property
    def recognizer(self) -> SpeechRecognizer:
        if self._settings.transcribe_provider is Provider.GOOGLE:
            from activities.google.recognizer import GoogleRecognizer

            self._check_google_reads_the_bucket("TRANSCRIBE_PROVIDER")
            return GoogleRecognizer.of(self._settings)
        from activities.local.listening import local_recognizer

        settings = self._settings
        return local_recognizer(
            self.detector, folder=settings.whisper_model, weights=settings.weights, threads=settings.cpu_slots
        )

    @cached_property
    def namer(self) -> SoundNamer:
        """Names sounds where nobody speaks. Sounds that it does not name are listed in a NOTE."""
        if self._settings.transcribe_provider is Provider.GOOGLE:
            from activities.google.sounds import GeminiSounds

            return GeminiSounds.of(self._settings)
        from activities.local.sounds import MusicNamer

        return MusicNamer()

    @cached_property
    def describer(self) -> Describer:
        if self._settings.describe_provider is Provider.GOOGLE:
            from activities.google.describer import GeminiDescriber

            self._check_google_reads_the_bucket("DESCRIBE_PROVIDER")
            return GeminiDescriber.of(self._settings)
        if self._settings.describe_provider is Provider.CHAT:
            from activities.chat.describer import ChatDescriber

            return ChatDescriber.of(self._settings)
        from activities.local.sight import LocalDescriber

        return LocalDescriber()

    @cached_property
    def text_model(self) -> TextModel | None:
        """Composes the script from the describer's observations; None if it is composed by rule."""
        if self._settings.describe_provider is Provider.GOOGLE:
            from activities.google.text_model import GeminiText

            return GeminiText.of(self._settings)
        if self._settings.describe_provider is Provider.CHAT:
            from activities.chat.text_model import ChatText

            return ChatText.of(self._settings)
        return None

    @cached_property
    def translator(self) -> Translator:
        if self._settings.translate_provider is Provider.GOOGLE:
            from activities.google.translator import GeminiTranslator

            return GeminiTranslator.of(self._settings)
        from activities.local.translators import local_translator

        settings = self._settings
        return local_translator(
            settings.work_dir / "apertium",
            folder=settings.mt_models,
            weights=settings.weights,
            threads=settings.cpu_slots,
        )

    @cached_property
    def embedder(self) -> Embedder:
        if self._settings.embeds_by_google:
            from activities.google.embedder import GeminiEmbedder

            return GeminiEmbedder.of(self._settings)
        from activities.local.embedders import local_embedder

        return local_embedder(self._settings.weights, self._settings.cpu_slots)

    @cached_property
    def voices(self) -> Mapping[VoiceProvider, Voice]:
        """The voices by provider, the deployment's default first, then the others that are configured."""
        if self._settings.voice_provider is Provider.LOCAL:
            from activities.local.voices import local_voices

            settings = self._settings
            local = local_voices(settings.weights, settings.cpu_slots, settings.voices)
            return {VoiceProvider.LOCAL: local}
        from activities.google.gemini_voice import GeminiVoice
        from activities.google.voice import GoogleVoice

        return {
            VoiceProvider.GOOGLE: GoogleVoice.of(self._settings),
            VoiceProvider.GEMINI: GeminiVoice.of(self._settings),
        }

    def _check_google_reads_the_bucket(self, setting: str) -> None:
        """Raises:
        Misconfigured: the bucket is not Google's, although the provider has to read it.
        """
        doubled = self._settings.google_rest_endpoint is not None  # a double reads our own store
        if self._settings.storage_endpoint is not None and not doubled:
            raise Misconfigured(
                f"{setting} is google, which reads the bucket itself, and STORAGE_ENDPOINT names another store than "
                f"Google's: set {setting}=local, or leave STORAGE_ENDPOINT out."
            )

    def _transcribe_remedy(self) -> str:
        if self._settings.transcribe_provider is Provider.LOCAL and self.recognizer.name.startswith(
            "pocketsphinx"
        ):
            return "Whisper, which `make weights` obtains, or TRANSCRIBE_PROVIDER=google may know it."
        return "TRANSCRIBE_PROVIDER=google knows it."

    def catalog(self) -> ProviderCatalog:
        """What the adapters support, so that the API refuses at submission what would fail an hour later."""
        settings = self._settings
        return ProviderCatalog(
            transcribe=StepCatalog(
                provider=settings.transcribe_provider,
                languages=tuple(sorted(self.recognizer.languages())),
                remedy=self._transcribe_remedy(),
                engine=self.recognizer.engine,
            ),
            describe=StepCatalog(
                provider=settings.describe_provider,
                languages=tuple(sorted(self.describer.languages())),
                remedy="DESCRIBE_PROVIDER=google or chat knows it.",
                engine=self.describer.engine,
            ),
            translate=TranslationCatalog(
                provider=settings.translate_provider,
                pairs=tuple(sorted(self.translator.pairs())),
                any_pair=settings.translate_provider is Provider.GOOGLE,
                remedy="`make weights` obtains Apertium's pairs (such as apertium-eng-spa); MT_MODELS may hold a "
                "model {source}-{target}; TRANSLATE_PROVIDER=google knows it.",
                engine=self.translator.engine,
            ),
            voices=tuple(_voice_catalog(provider, voice) for provider, voice in self.voices.items()),
            embedder=self.embedder.name,
        )


def _voice_catalog(provider: VoiceProvider, voice: Voice) -> VoiceCatalog:
    return VoiceCatalog(
        provider=provider,
        models=tuple(voice.models()),
        languages=tuple(sorted(voice.languages())),
        voices=tuple(
            CatalogVoice(
                id=each.id,
                name=each.name,
                languages=each.languages,
                gender=each.gender,
                draft=each.draft,
                quality=each.quality,
            )
            for each in voice.voices()
        ),
    )
