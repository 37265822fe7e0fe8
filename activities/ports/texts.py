"""Text models, translators and embedders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from activities.ports.running import Checkpoints, Progress
from schema.enums import Embedder as Embedded

A = TypeVar("A", bound=BaseModel)


class TextModel(Protocol):
    """A model that answers a text prompt in JSON. The questions, and which parts of an answer are used, are our own
    (`activities/texts/script`)."""

    name: str
    engine: str
    """Everything that an answer depends on other than the prompt: the model."""

    async def ask(self, instruction: str, question: str, answer: type[A]) -> list[A]:
        """The list that it answers `question`, which is JSON, with.

        Raises:
            Unusable: the answer was cut off, or is not the JSON that was asked for.
            ProviderFailed: the provider would not or could not.
        """
        ...


@dataclass(frozen=True, slots=True)
class TermHint:
    """A glossary term in the text, in the languages of this translation. With `forbidden`, `target` must not be
    used."""

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
    """Why the previous translation violates the client's glossary, if it is requested again."""


class Translator(Protocol):
    """Text to text, by id. Ids, order and count come back as they went in: the caller checks, and never guesses."""

    name: str
    engine: str
    """Everything that a translation depends on other than texts, languages and terms: the model."""
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
    """Maps texts to vectors by meaning: similar texts point in similar directions."""

    name: Embedded
    """Identifies the vectors. Those of different embedders cannot be compared."""
    nearness: float
    """Cosine from which a term is close enough to a text to be a hint."""

    async def embed(self, texts: Sequence[str], *, as_terms: bool) -> list[list[float]]:
        """A vector a text, in order, of at most 768 numbers each. `as_terms`: they are kept, to be found; else they ask.

        Raises:
            ProviderFailed: the provider would not or could not.
        """
        ...
