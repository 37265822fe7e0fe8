"""Text to speech by Cloud Text-to-Speech, with its Chirp 3: HD voices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from google.cloud.texttospeech_v1 import (
    AudioConfig,
    AudioEncoding,
    SynthesisInput,
    TextToSpeechAsyncClient,
    VoiceSelectionParams,
)

from activities import limits
from activities.google.clients import speaker_of
from activities.google.errors import classified
from activities.google.locales import SPOKEN, languages_of
from activities.google.voice_names import chosen, chosen_model, locale_of, sayable, voices
from activities.ports import Speaker, VoiceInfo
from activities.texts.wav import checked_wav
from schema.errors import ProviderFailed
from schema.settings import Settings

_SERVICE = "Cloud Text-to-Speech"
_RATE = 24_000
_MOST_BYTES = 5_000


class GoogleVoice:
    """A voice has one name, whatever language it speaks."""

    name = "google-tts"
    is_draft = False

    def __init__(self, client: TextToSpeechAsyncClient, family: str) -> None:
        """`family` is of the names of voices: the `Chirp3-HD` of `en-US-Chirp3-HD-Kore`."""
        self._client = client
        self._family = family

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """
        Raises:
            Misconfigured: there is no project, or no credentials.
        """
        return cls(speaker_of(settings), settings.speech_voice_model)

    def voices(self) -> Sequence[VoiceInfo]:
        return voices()

    def models(self) -> Sequence[str]:
        return (self._family.lower(),)

    def languages(self) -> frozenset[str]:
        return languages_of(SPOKEN)

    def speaker(self, language: str, voice: str | None) -> Speaker:
        return Speaker(self.name, f"{self.name} {self._family}")

    async def speak(self, text: str, language: str, voice: str | None, model: str | None) -> bytes:
        """One description as mono 16-bit WAV at 24 kHz.

        Raises:
            ProviderFailed: the language, voice or model is not one of Google's, there is nothing to say or more than
                5,000 bytes, or Google refused or failed.
        """
        chosen_model(model, self.models(), _SERVICE)
        locale, name, spoken = locale_of(language, _SERVICE), chosen(voice, _SERVICE), sayable(text)
        if len(spoken.encode()) > _MOST_BYTES:
            raise ProviderFailed(
                f"{_SERVICE} speaks at most {_MOST_BYTES} bytes at once: divide the description {spoken[:40]!r}….",
                retryable=False,
            )
        with classified(_SERVICE):
            response = await self._client.synthesize_speech(
                input=SynthesisInput(text=spoken),
                voice=VoiceSelectionParams(language_code=locale, name=f"{locale}-{self._family}-{name}"),
                audio_config=AudioConfig(audio_encoding=AudioEncoding.LINEAR16, sample_rate_hertz=_RATE),
                retry=None,
                timeout=limits.VOICE_S,
            )
        return checked_wav(response.audio_content, _SERVICE)
