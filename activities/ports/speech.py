"""Speech to text with word times, and text to speech."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from activities.ports.running import Checkpoints, Progress
from schema.contracts.media import Span
from schema.vtt.words import Sound, Transcript


@dataclass(frozen=True, slots=True)
class SpeechAudio:
    """16 kHz mono FLAC that begins at presentation time 0."""

    path: Path
    uri: str
    """gs:// address of the same bytes, for providers that read the bucket themselves."""
    duration_ms: int
    sha256: str
    speech: tuple[Span, ...] | None = None
    """Where the speech detector hears a voice; None if it did not run."""
    terms: tuple[str, ...] = ()
    """The client's names and terms that may occur, as hints."""


class SpeechDetector(Protocol):
    """Detects speech in any language. Used with every provider, so that a description is not placed over a word that
    the recogniser missed."""

    name: str
    engine: str
    """Its version, and everything else that a result depends on other than the sound."""

    async def detect(self, audio: Path, progress: Progress) -> tuple[Span, ...]:
        """The stretches of `audio` (16 kHz mono FLAC) in which a voice is heard, in order and disjoint.

        Raises:
            MediaRefused: the audio is not what probe writes.
            ProviderFailed: the detector died.
        """
        ...


class SpeechRecognizer(Protocol):
    """Speech to text with word times."""

    name: str
    engine: str
    """Everything that a result depends on other than sound and language: versions of the model and of the adapter."""
    is_draft: bool
    most_terms: int
    """How many terms it accepts as hints; 0 if none."""

    def languages(self) -> frozenset[str]:
        """The supported languages as BCP 47 codes. `en` covers all of `en-*`."""
        ...

    async def recognize(
        self, audio: SpeechAudio, language: str, checkpoints: Checkpoints, progress: Progress
    ) -> Transcript:
        """Words in time order, on the programme's timeline.

        Raises:
            ProviderFailed: the provider would not or could not.
        """
        ...


class SoundNamer(Protocol):
    """Names sounds where nobody speaks: music, applause, a knock."""

    name: str
    engine: str
    """Everything that a result depends on other than sound and language: the model."""

    async def name_sounds(
        self,
        audio: SpeechAudio,
        stretches: Sequence[Span],
        language: str,
        checkpoints: Checkpoints,
        progress: Progress,
    ) -> tuple[Sound, ...]:
        """The sounds that matter in `stretches`, in which nobody speaks, in order: each lies in one of them. Of `audio` the
        file is listened to, whose sound is `sha256`.

        Raises:
            ProviderFailed: the provider would not or could not.
        """
        ...


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """A voice that can be requested."""

    id: str
    name: str
    languages: tuple[str, ...]
    gender: str | None = None
    draft: bool = False
    quality: Literal["natural", "compact", "formant"] | None = None
    """How it sounds: nearly human, a small voice from recorded sounds, or plainly synthetic."""


class Speaker(NamedTuple):
    """The speaker that a voice request resolves to."""

    name: str
    """Its name in a report."""
    engine: str
    """Everything that a clip depends on other than text, language and request: versions, and the chosen voice."""


class Voice(Protocol):
    """Text to speech."""

    name: str
    is_draft: bool

    def voices(self) -> Sequence[VoiceInfo]: ...

    def models(self) -> Sequence[str]:
        """Values for `tts_preferences.model`; empty if there is no choice."""
        ...

    def languages(self) -> frozenset[str]: ...

    def speaker(self, language: str, voice: str | None) -> Speaker:
        """
        Raises:
            ProviderFailed: nobody speaks the language, or there is no such voice.
        """
        ...

    async def speak(self, text: str, language: str, voice: str | None, model: str | None) -> bytes:
        """One description as mono 16-bit WAV at the voice's own rate, silence at its ends included.

        Raises:
            ProviderFailed: the provider would not or could not.
        """
        ...
