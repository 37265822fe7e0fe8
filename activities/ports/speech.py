"""Speech to text with its times, and text to speech."""

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
    """Where the speech detector hears a voice; None where it was not asked."""
    terms: tuple[str, ...] = ()
    """Names and terms of the client's that may be said: hints, and no more."""


class SpeechDetector(Protocol):
    """Where somebody speaks, in whatever language. With every provider: a description over speech must not come from
    a word that a recogniser missed."""

    name: str
    engine: str
    """Its version, and all else that a result depends on beside the sound."""

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
    """What a result depends on beside sound and language: the model's version, and ours."""
    is_draft: bool
    most_terms: int
    """So many terms of a client's it takes as hints; 0 where it takes none."""

    def languages(self) -> frozenset[str]:
        """BCP 47 codes it can do. `en` stands for all of `en-*`."""
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
    """Says what is heard where nobody speaks: music, applause, a knock."""

    name: str
    engine: str
    """What a result depends on beside sound and language: the model."""

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
    """A voice that can be asked for."""

    id: str
    name: str
    languages: tuple[str, ...]
    gender: str | None = None
    draft: bool = False
    quality: Literal["natural", "compact", "formant"] | None = None
    """How it sounds: as a person nearly, as a small voice of recorded sounds, or plainly as a machine."""


class Speaker(NamedTuple):
    """Who speaks where a voice is asked for."""

    name: str
    """As a report has it."""
    engine: str
    """What a clip depends on beside text, language and what was asked for: versions, and the voice that was chosen."""


class Voice(Protocol):
    """Text to speech."""

    name: str
    is_draft: bool

    def voices(self) -> Sequence[VoiceInfo]: ...

    def models(self) -> Sequence[str]:
        """What `tts_preferences.model` may be; empty where there is no choice."""
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
