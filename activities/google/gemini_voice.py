"""Text to speech by Gemini's speech models."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Sequence
from typing import Self

from google import genai
from google.genai import types

from activities import limits
from activities.google.clients import gemini_of
from activities.google.errors import classified
from activities.google.gemini import check_finished
from activities.google.locales import SPOKEN, languages_of
from activities.google.voice_names import chosen, chosen_model, locale_of, sayable, voices
from activities.ports import Speaker, VoiceInfo
from activities.running.by_id import Unusable
from activities.texts.wav import checked_wav, wav_of
from schema.errors import ProviderFailed
from schema.settings import Settings
from schema.vtt.text import UNSPACED, primary, word_count

_SERVICE = "Gemini speech"
_MODELS = ("gemini-3.8-flash-tts", "gemini-3.8-flash-lite-tts")
"""What may be asked for beside the one that is set."""
_STYLE = (
    "Audio description: calm and clear, an even pace of about 160 words a minute, no emphasis of its own."
)
_PCM = re.compile(r"audio/(?:L16|pcm)\b.*?rate=(\d+)", re.IGNORECASE)
_NO_COMMANDS = str.maketrans("<>[]", "    ")
"""To these models <sigh> and [whispers] are commands
(https://ai.google.dev/gemini-api/docs/speech-generation)."""
_PLAUSIBLE_WPM = (60.0, 420.0)
_FEW_WORDS = 6
_TIMES = 3
"""How often a text is spoken, and paid for, until the answer can be used."""


class GeminiVoice:
    """The text is taken verbatim; an answer of an implausible length is not used, for a model may leave words out."""

    name = "gemini-tts"
    is_draft = False

    def __init__(self, client: genai.Client, model: str) -> None:
        """`model` speaks where nobody chose."""
        self._client = client
        self._models = tuple(dict.fromkeys((model, *_MODELS)))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """
        Raises:
            Misconfigured: there is no project, or no credentials.
        """
        return cls(gemini_of(settings), settings.gemini_speech_model)

    def voices(self) -> Sequence[VoiceInfo]:
        return voices()

    def models(self) -> Sequence[str]:
        return self._models

    def languages(self) -> frozenset[str]:
        return languages_of(SPOKEN)

    def speaker(self, language: str, voice: str | None) -> Speaker:
        return Speaker(self.name, f"{self.name} {self._models[0]}")

    async def speak(self, text: str, language: str, voice: str | None, model: str | None) -> bytes:
        """One description as mono 16-bit WAV at 24 kHz.

        Raises:
            ProviderFailed: the language, voice or model is not one of Google's, there is nothing to say, Google
                refused or failed, or nothing that it said can be used.
        """
        model = chosen_model(model, self._models, _SERVICE)
        locale, name = locale_of(language, _SERVICE), chosen(voice, _SERVICE)
        spoken = sayable(text.translate(_NO_COMMANDS))
        config = types.GenerateContentConfig(
            response_modalities=["AUDIO"],
            speech_config=types.SpeechConfig(
                language_code=locale, voice_config=types.VoiceConfig(voice=name)
            ),
            http_options=types.HttpOptions(timeout=round(limits.GEMINI_VOICE_S * 1000)),
        )
        part = types.Part(text=spoken, speech_metadata=types.SpeechMetadata(style=_STYLE))
        why = ""
        for _ in range(_TIMES):
            with classified(_SERVICE):
                response = await self._client.aio.models.generate_content(
                    model=model, contents=[types.Content(role="user", parts=[part])], config=config
                )
            try:
                wav = _sound(response)
                _check_pace(wav, spoken, language)
            except Unusable as error:
                why = str(error)
            else:
                return wav
        raise ProviderFailed(
            f"{_SERVICE} said nothing that can be used: {why}. Word the description otherwise, or choose another voice.",
            retryable=False,
        )


def _sound(response: types.GenerateContentResponse) -> bytes:
    """A whole WAV file, or bare samples from older models.

    Raises:
        Unusable: the answer was blocked or cut off, or there is no sound in it.
        ProviderFailed: it is no sound that we know.
    """
    candidate = check_finished(response)
    parts = (candidate.content.parts if candidate.content else None) or []
    blob = next((part.inline_data for part in parts if part.inline_data and part.inline_data.data), None)
    if blob is None or blob.data is None:
        raise Unusable("it answered without sound")
    bare = _PCM.match(blob.mime_type or "")
    return checked_wav(wav_of(blob.data, int(bare[1])) if bare else blob.data, _SERVICE)


def _check_pace(wav: bytes, text: str, language: str) -> None:
    """A number takes between one word and one for each of its digits.

    Raises:
        Unusable: so many words are not said in this time.
    """
    words = word_count(text, language)
    if words < _FEW_WORDS or primary(language) in UNSPACED:
        return
    with wave.open(io.BytesIO(wav)) as reader:
        minutes = reader.getnframes() / reader.getframerate() / 60
    pace, slowest = words / minutes, (words + sum(map(str.isdigit, text))) / minutes
    if slowest < _PLAUSIBLE_WPM[0] or pace > _PLAUSIBLE_WPM[1]:
        raise Unusable(f"{words:.0f} words at {pace:.0f} a minute: it left some out, or added some")
