"""Words with their times: what a recogniser heard, and what captions and plans are made from."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

BY_CAPTIONS = "captions"
"""The provider of a transcript without words whose captions tell where somebody speaks."""


class Word(BaseModel):
    """One spoken word, on the programme's timeline (presentation time 0 is the first picture or sound)."""

    model_config = ConfigDict(frozen=True)

    text: str
    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    confidence: float = Field(default=1.0, ge=0, le=1)
    speaker: str | None = None
    language: str | None = None
    """Of this word, where it is not the transcript's."""


class Sound(BaseModel):
    """A sound that matters where nobody speaks, such as music or a knock, as a model has named it."""

    model_config = ConfigDict(frozen=True)

    text: str
    """A few words in the programme's language, without brackets."""
    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    """Until then nobody speaks."""
    lasting: bool
    """Whether it goes on until then."""


class Transcript(BaseModel):
    """What was heard, in time order. `punctuated` is false for a recogniser that gives bare words."""

    model_config = ConfigDict(frozen=True)

    language: str
    words: tuple[Word, ...] = ()
    punctuated: bool = False
    provider: str
    draft: bool = True
    """Local recognisers are drafts, and say so."""
    engine: str | None = None
    """Of the recogniser, with its model; None where nothing was heard by one."""
    sounds: tuple[Sound, ...] = ()
    """In time order, none over words."""
    sounds_by: str | None = None
    """Who named them, or tried to; None where nobody was asked."""
    sounds_refused: str | None = None
    """Why nobody could name them, for whoever edits the draft."""
