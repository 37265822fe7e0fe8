"""What an activity needs from the world outside, as documented protocols.

Each port has a `local` adapter (real work on this machine; says that it is a draft) and may have a `google` one.
Every adapter of a port passes the same suite in `tests/activities/contract`. The object store's port lives in
`schema/object_store.py`, for the API speaks to it too.

Rules of every adapter:

- An error is `schema.errors.ProviderFailed`, classified once: retryable with the vendor's delay, or not.
- Long work reports through `Progress` at least every few seconds: that is also how a cancel reaches it.
- CPU work runs in a child process (`activities/running/child.py`), never on the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from schema.contracts.media import MediaReport, Span
from schema.enums import Embedder as Embedded
from schema.vtt.words import Transcript

A = TypeVar("A", bound=BaseModel)
Progress = Callable[[float, str], None]
"""(fraction from 0 to 1, a few plain words): heartbeats, and feeds the progress line. Cheap to call."""


class Checkpoints(Protocol):
    """Small results of parts of a step, kept in the bucket, so that a step that died goes on where it was.

    Keys are chosen by the adapter and must contain a hash of everything that went into the part.
    """

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes) -> None: ...


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


class SceneSight(BaseModel):
    """One scene as it was seen."""

    model_config = ConfigDict(frozen=True)

    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    description: str | None = None
    """A sentence that can be spoken as it stands. None where the adapter cannot tell what is seen: such a scene
    becomes a NOTE for the writer, never a spoken placeholder."""
    on_screen_text: tuple[str, ...] = ()
    note: str | None = None
    """For the writer: what was and was not made out."""
    confidence: float = Field(default=1.0, ge=0, le=1)


class Sight(BaseModel):
    """What was seen, in time order, covering the whole video."""

    model_config = ConfigDict(frozen=True)

    language: str
    provider: str
    draft: bool
    scenes: tuple[SceneSight, ...]
    engine: str | None = None
    """Of the describer, with its model."""


class Describer(Protocol):
    """Watches a video. Placing what it saw between the words is our own (`activities/describe.py`)."""

    name: str
    engine: str
    """What a result depends on beside picture and language: the model."""
    is_draft: bool

    def languages(self) -> frozenset[str]: ...

    def sees(self, report: MediaReport) -> bool:
        """Whether it can look at the chosen picture of such a file. If not, it is given the chosen picture and sound
        alone, as an MP4."""
        ...

    async def watch(
        self,
        video: Path,
        uri: str,
        report: MediaReport,
        language: str,
        checkpoints: Checkpoints,
        progress: Progress,
        style: str = "",
    ) -> Sight:
        """Look at every scene of `report` and say what is in it, in `language`, as `style` asks: a client's words, and a
        job's. They are about how it is written alone.

        Raises:
            ProviderFailed: the provider would not or could not.
        """
        ...


class TextModel(Protocol):
    """A model that answers JSON to a prompt of text. What is asked, and what of its answers is used, is our own
    (`activities/texts/script`)."""

    name: str
    engine: str
    """What an answer depends on beside the prompt: the model."""

    async def ask(self, instruction: str, question: str, answer: type[A]) -> list[A]:
        """The list that it answers `question`, which is JSON, with.

        Raises:
            Unusable: the answer was cut off, or is not the JSON that was asked for.
            ProviderFailed: the provider would not or could not.
        """
        ...


@dataclass(frozen=True, slots=True)
class TermHint:
    """A glossary term that stands in the text, in the languages of this translation. `forbidden`: `target` is what it
    must not be called."""

    source: str
    target: str
    do_not_translate: bool = False
    case_sensitive: bool = False
    forbidden: bool = False
    near: tuple[str, ...] = ()
    """Ids of lines to which it is near in meaning, though it does not stand in them: to be thought of, not to be held
    to. Empty for a term that stands in the text."""


class Line(BaseModel):
    """The text of one cue, without times or markup that must not be touched."""

    model_config = ConfigDict(frozen=True)

    id: str
    text: str
    wrong: str = ""
    """Why its last translation is not as the client's glossary has it, where it is asked for again."""


class Translator(Protocol):
    """Text to text, by id. Ids, order and count come back as they went in: the caller checks, and never guesses."""

    name: str
    engine: str
    """What a translation depends on beside texts, languages and terms: the model."""
    is_draft: bool

    def pairs(self) -> frozenset[tuple[str, str]]:
        """(source, target) primary language codes that can be had now, on this machine."""
        ...

    def told(self, source: str, target: str) -> str:
        """Who translates this pair, as the note of a draft has it: with the language by way of which it goes.

        Raises:
            ProviderFailed: the pair cannot be had.
        """
        ...

    async def translate(
        self,
        lines: Sequence[Line],
        source: str,
        target: str,
        terms: Sequence[TermHint],
        checkpoints: Checkpoints,
        progress: Progress,
    ) -> list[Line]:
        """Translate every line. What was paid for is kept as it comes, and asked for once.

        Raises:
            ProviderFailed: the provider would not or could not.
        """
        ...


class Embedder(Protocol):
    """Where texts lie by their meaning: two that mean alike lie in about the same direction."""

    name: Embedded
    """Names the vectors: another name's cannot be compared with them."""
    nearness: float
    """The cosine from which on a term is near enough to a text to be hinted at."""

    async def embed(self, texts: Sequence[str], *, as_terms: bool) -> list[list[float]]:
        """A vector a text, in order, of at most 768 numbers each. `as_terms`: they are kept, to be found; else they ask.

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


class MailRefused(Exception):
    """A mail server takes no such mail, and never will: the address is none of its. `message` is what it said."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Mailer(Protocol):
    """Hands a message on. Once more with the same Message-ID is no harm."""

    async def send(self, message: EmailMessage) -> None:
        """
        Raises:
            MailRefused: it will never be taken.
            Unavailable: not now.
        """
        ...
