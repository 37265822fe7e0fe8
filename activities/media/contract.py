"""What a render is told and what it answers: plain frozen values that pickle, so that it may run in a child
process that can be killed. Times are ticks of the plan (samples of the programme) unless a name ends in `_ms`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from schema.contracts.media import Tracks
from schema.errors import PlatformError
from schema.plan.model import Plan

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and what is being done. It may raise to stop the render."""


@dataclass(frozen=True, slots=True)
class ClipFile:
    """A spoken description: any audio file that opens. It is cut or padded to the length that was planned."""

    path: Path
    gain_db: float = 0.0
    """On top of the gain that matches it to the programme and of the placement's own."""
    loudness: tuple[float | None, float | None] | None = None
    """(LUFS, dBTP) of the file as one channel, where they are known; else they are measured once."""


@dataclass(frozen=True, slots=True)
class RenderOptions:
    duck_db: float = 8.0
    """How far the programme goes down under a description."""
    ramp_ms: int = 300
    shortest_ramp_ms: int = 100
    """A ramp is shortened down to this before it would leave its gap."""
    ambience: Literal["silence", "held"] = "silence"
    """What is heard of the programme while the picture is held."""
    match_loudness: bool = True
    """Bring clips to the loudness of the programme's speech; else only their own gains count."""
    true_peak_dbtp: float = -1.0
    loudness_lufs: float | None = None
    """A delivery loudness for the whole programme. None leaves it alone, and its packets reusable."""
    loudness_of_speech: bool = False
    """Measure it over the speech alone, where there is some."""
    coder: Literal["fast", "twoloop"] = "fast"
    fragmented: bool = False
    both_tracks: bool = False
    """Carry the original sound too, in the same alternate group, with the described one enabled."""
    constant_frame_rate: bool = False
    """Encode the picture, so that held ones can be repeated; else none is, and a hold is one long picture."""


@dataclass(frozen=True, slots=True)
class TextTrack:
    """Timed text to embed, on the render's timeline."""

    cues: tuple[tuple[int, int, str], ...]
    """(start_ms, end_ms, text)"""
    language: str
    title: str
    kind: Literal["captions", "descriptions"] = "captions"


@dataclass(frozen=True, slots=True)
class RenderInput:
    source: Path
    plan: Plan
    clips: Mapping[str, ClipFile]
    """By cue id; one for every placement that is rendered."""
    output: Path
    cache: Path
    """A folder that renders of any job share; see `cache`."""
    options: RenderOptions = field(default_factory=RenderOptions)
    source_id: str | None = None
    """A hash of the source's content where it is known; size, head, tail and tables are hashed in any case."""
    tracks: Tracks | None = None
    """Which of the source's tracks are used, as its media report says; None: as the file tells."""
    dub: Path | None = None
    """The programme's sound in another language, as long as the source: any file that holds sound. It is described in
    the place of the source's, which is then heard only as the second of `both_tracks`."""
    dub_id: str | None = None
    """As `source_id`."""
    programme_lufs: float | None = None
    """Loudness of the programme over its words: what clips are matched to."""
    speech: tuple[tuple[int, int], ...] = ()
    """Spoken stretches in source ticks; measured where `programme_lufs` is absent."""
    language: str = "und"
    """Of the described sound, BCP 47."""
    texts: tuple[TextTrack, ...] = ()
    chapters: tuple[tuple[int, str], ...] | None = None
    """(start_ms, title) on the render's timeline; None carries the source's own through the time map."""


@dataclass(frozen=True, slots=True)
class EncodedRange:
    """A stretch of the render whose sound was encoded again."""

    start: int
    end: int
    why: tuple[str, ...]
    reused: bool
    """Its packets came from the cache."""


@dataclass(frozen=True, slots=True)
class ClipLevel:
    """How loud a description is: `shortfall_db` is what true peak kept it from."""

    cue_id: str
    measured_lufs: float | None
    gain_db: float
    shortfall_db: float = 0.0


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What was done, and why: stored beside the output."""

    picture: Literal["copied", "encoded"]
    sound: Literal["spliced", "encoded"]
    reasons: tuple[str, ...]
    """A sentence for everything that was more than a copy."""
    packets: int
    packets_encoded: int
    encoded: tuple[EncodedRange, ...]
    ducks: tuple[tuple[int, int, float], ...]
    """(start, end, dB) of the programme under descriptions, ramps included."""
    fades: tuple[tuple[int, int], ...]
    """(pause index, milliseconds of the fade)"""
    clips: tuple[ClipLevel, ...]
    programme_lufs: float | None
    picture_shift_ms: tuple[tuple[int, int], ...] = ()
    """(pause index, ms): how much earlier the picture is held so that an open GOP stays whole."""
    warnings: tuple[str, ...] = ()
    both_tracks: bool = False
    """The second sound track is the original."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RenderResult:
    path: Path
    duration: int
    """Of the file, in ticks."""
    rate: int
    sha256: str
    time_map: tuple[tuple[int, int, int], ...]
    """(source, render, length): stretches that play on, in order; between them the picture is held."""
    report: RenderReport
    tracks: Tracks
    """Which of the source's were used."""


class RenderDiffers(PlatformError):
    """A render that is not what was planned: a fault of ours, which is told and not delivered."""

    differences: tuple[str, ...] = ()
    """A sentence for each."""
