"""What `plan` is given. Everything is plain data, so that the same call serves estimates and measured clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schema.plan.estimate import VoiceRate
from schema.plan.model import Choice, Clip, Extend, Timebase
from schema.plan.profile import NETFLIX, PlanProfile
from schema.plan.speech import CaptionLike, SpanLike, Speech, WordLike


class SceneLike(Protocol):
    """`schema.contracts.media.SceneChange`: a cut at `at_ms`, or a dissolve or fade until `until_ms`."""

    @property
    def at_ms(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def until_ms(self) -> int | None: ...


class CueLike(CaptionLike, Protocol):
    """One audio description of the script: `PlanCue`, or a `schema.vtt.cues.Cue`. Its start is an anchor, its end
    a wish."""

    @property
    def id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PlanCue:
    """A description where there is no VTT."""

    id: str
    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class PlanInput:
    """`duration` is the source's, in ticks of `timebase`.

    Speech comes either ready (`speech`, which an editor keeps from keystroke to keystroke) or as `words`, `captions`
    and what is `voiced`. A cue without a clip is estimated from its text and `voice` (or the language's usual rate). A
    description is kept out of holds altogether by `can_hold=False`: no accessible video is asked for.
    """

    timebase: Timebase
    duration: int
    cues: Sequence[CueLike]
    words: Sequence[WordLike] = ()
    captions: Sequence[CaptionLike] = ()
    voiced: Sequence[SpanLike] = ()
    """Where a voice was heard, in order and disjoint."""
    spoken_language: str = ""
    """Of the words and captions."""
    punctuated: bool | None = None
    """Whether the words carry punctuation; None looks for it."""
    speech: Speech | None = None
    clips: Mapping[str, Clip] = field(default_factory=dict)
    """By cue id."""
    choices: Mapping[str, Choice] = field(default_factory=dict)
    """By cue id; those of cues that are gone are ignored."""
    extend: Extend = Extend.ALLOW
    """Of the job or the language; a cue's own choice goes first."""
    can_hold: bool = True
    scenes: Sequence[SceneLike] = ()
    black: Sequence[SpanLike] = ()
    frame_rate: tuple[int, int] | None = None
    """Frames a second as a fraction; None where the rate varies: cuts then lie where `scenes` have them."""
    picture_start_ms: int = 0
    """When the first frame is shown."""
    language: str = "en"
    voice: VoiceRate | None = None
    profile: PlanProfile = NETFLIX
