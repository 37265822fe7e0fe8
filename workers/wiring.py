"""Settings become adapters: the one place that knows which is behind which port.

Adapters are imported where they are needed, so that a pool loads only what it runs: no speech model in the mux
worker, no codec in the translate worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from temporalio.client import Client

from activities.ports import Describer, SpeechRecognizer, Translator, Voice
from activities.running.workspace import Workspace
from activities.step import Kit
from activities.storage import GoogleStorage
from schema.contracts.providers import (
    CatalogVoice,
    ProviderCatalog,
    StepCatalog,
    TranslationCatalog,
    VoiceCatalog,
)
from schema.db import Database
from schema.enums import Provider, VoiceProvider
from schema.errors import Misconfigured
from schema.settings import Settings
from workflows.converter import data_converter


class Providers:
    """The adapters of the AI steps, made when they are first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def recognizer(self) -> SpeechRecognizer:
        if self._settings.transcribe_provider is Provider.GOOGLE:
            from activities.google.recognizer import GoogleRecognizer

            self._check_google_reads_the_bucket("TRANSCRIBE_PROVIDER")
            return GoogleRecognizer.of(self._settings)
        from activities.local.recognizer import PocketsphinxRecognizer

        return PocketsphinxRecognizer(self._settings.cpu_slots)

    @cached_property
    def describer(self) -> Describer:
        if self._settings.describe_provider is Provider.GOOGLE:
            from activities.google.describer import GeminiDescriber

            self._check_google_reads_the_bucket("DESCRIBE_PROVIDER")
            return GeminiDescriber.of(self._settings)
        from activities.local.sight import LocalDescriber

        return LocalDescriber()

    @cached_property
    def translator(self) -> Translator:
        if self._settings.translate_provider is Provider.GOOGLE:
            from activities.google.translator import GeminiTranslator

            return GeminiTranslator.of(self._settings)
        from activities.local.translator import ApertiumTranslator

        return ApertiumTranslator(self._settings.work_dir / "apertium")

    @cached_property
    def voices(self) -> Mapping[VoiceProvider, Voice]:
        """By provider, the deployment's own first; the others are there where they are configured."""
        if self._settings.voice_provider is Provider.LOCAL:
            from activities.local.voice import EspeakVoice

            return {VoiceProvider.LOCAL: EspeakVoice()}
        from activities.google.gemini_voice import GeminiVoice
        from activities.google.voice import GoogleVoice

        return {
            VoiceProvider.GOOGLE: GoogleVoice.of(self._settings),
            VoiceProvider.GEMINI: GeminiVoice.of(self._settings),
        }

    def _check_google_reads_the_bucket(self, setting: str) -> None:
        """
        Raises:
            Misconfigured: the bucket is not Google's, where the provider is sent to read it.
        """
        if self._settings.storage_endpoint is not None:
            raise Misconfigured(
                f"{setting} is google, which reads the bucket itself, and STORAGE_ENDPOINT names another store than "
                f"Google's: set {setting}=local, or leave STORAGE_ENDPOINT out."
            )

    def catalog(self) -> ProviderCatalog:
        """What they can do, so that the API refuses at submission what would fail an hour later."""
        settings = self._settings
        return ProviderCatalog(
            transcribe=StepCatalog(
                provider=settings.transcribe_provider,
                languages=tuple(sorted(self.recognizer.languages())),
                remedy="TRANSCRIBE_PROVIDER=google knows it.",
            ),
            describe=StepCatalog(
                provider=settings.describe_provider,
                languages=tuple(sorted(self.describer.languages())),
                remedy="DESCRIBE_PROVIDER=google knows it.",
            ),
            translate=TranslationCatalog(
                provider=settings.translate_provider,
                pairs=tuple(sorted(self.translator.pairs())),
                any_pair=settings.translate_provider is Provider.GOOGLE,
                remedy="Install Apertium's pair {source}-{target} (such as apertium-eng-spa), "
                "or set TRANSLATE_PROVIDER=google.",
            ),
            voices=tuple(_voice_catalog(provider, voice) for provider, voice in self.voices.items()),
        )


def _voice_catalog(provider: VoiceProvider, voice: Voice) -> VoiceCatalog:
    return VoiceCatalog(
        provider=provider,
        models=tuple(voice.models()),
        languages=tuple(sorted(voice.languages())),
        voices=tuple(
            CatalogVoice(
                id=each.id, name=each.name, languages=each.languages, gender=each.gender, draft=each.draft
            )
            for each in voice.voices()
        ),
    )


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything that a process of the platform is connected to."""

    settings: Settings
    database: Database
    temporal: Client
    store: GoogleStorage
    providers: Providers

    def kit(self) -> Kit:
        settings = self.settings
        workspace = Workspace(self.store, settings.work_dir, settings.work_dir_bytes)
        return Kit(self.database, self.store, workspace, settings.quality_profile)

    async def close(self) -> None:
        await self.database.close()
        self.store.close()


async def connect(settings: Settings, *, lazy: bool = False) -> Platform:
    """Connect to the database, Temporal and the bucket. With `lazy` Temporal may come later, as for the API, which
    answers 503 until then."""
    return Platform(
        settings=settings,
        database=Database.connect(settings),
        temporal=await connect_temporal(settings, lazy=lazy),
        store=GoogleStorage(
            settings.storage_bucket,
            endpoint=settings.storage_endpoint,
            signing_key=settings.storage_signing_key,
        ),
        providers=Providers(settings),
    )


async def connect_temporal(settings: Settings, *, lazy: bool = False) -> Client:
    key = settings.temporal_api_key
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        api_key=key.get_secret_value() if key else None,
        tls=settings.temporal_tls or key is not None,
        data_converter=data_converter,
        lazy=lazy,
    )
