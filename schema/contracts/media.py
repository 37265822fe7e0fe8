"""The media report: what probe found out about a source, for all later steps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schema.contracts.base import Contract


class Fraction(Contract):
    """An exact ratio, such as 30000/1001 frames a second."""

    num: int
    den: int = 1

    def __float__(self) -> float:
        return self.num / self.den


class VideoStream(Contract):
    index: int
    codec: str
    """FFmpeg's name: h264, hevc, vp9, av1, …"""
    profile: str | None = None
    width: int
    height: int
    frame_rate: Fraction
    """Average; exact for constant frame rate."""
    variable_frame_rate: bool = False
    rotation: int = 0
    """Degrees clockwise that a player turns the picture: 0, 90, 180, 270."""
    timescale: int
    start_ms: int = 0
    duration_ms: int
    frames: int | None = None
    hdr: bool = False
    sample_aspect_ratio: Fraction = Fraction(num=1)


class AudioStream(Contract):
    index: int
    codec: str
    profile: str | None = None
    sample_rate: int
    channels: int
    layout: str
    language: str | None = None
    title: str | None = None
    start_ms: int = 0
    duration_ms: int | None = None
    default: bool = False
    joined: tuple[int, ...] = ()
    """Indexes of the mono tracks that are heard together as this one; `index` is the first of them."""


class Tracks(Contract):
    """Which of a file's tracks are used. Numbers are FFmpeg's, from 0."""

    picture: int
    sounds: tuple[tuple[int, ...], ...] = ()
    """The described track first. Several tracks of one entry are mono tracks that are heard together."""
    chosen: bool = False
    """Whether a person chose them; otherwise they follow from the file."""
    further_pictures: tuple[int, ...] = ()
    """Other pictures of the file that players could confuse with this one."""
    left: tuple[str, ...] = ()
    """One sentence for each part of the file that is left out."""


class SceneChange(Contract):
    """Where one shot becomes another. A dissolve has length; a cut has none."""

    at_ms: int
    kind: Literal["cut", "dissolve", "fade"] = "cut"
    until_ms: int | None = None
    score: float = 1.0


class Span(Contract):
    """A half-open range of milliseconds."""

    start_ms: int
    end_ms: int


class Loudness(Contract):
    """Measured by ITU-R BS.1770-4 / EBU R128."""

    integrated_lufs: float | None
    """None if nothing is above the gate (silence)."""
    true_peak_dbtp: float | None
    range_lu: float | None = None


class MediaReport(Contract):
    """Stored as `report.json` beside the source."""

    container: str
    """mp4, matroska, mpegts, …; FFmpeg's first name."""
    fragmented: bool = False
    size_bytes: int
    duration_ms: int
    duration: Fraction | None = None
    """The duration in seconds, as exactly as the file states it."""
    bit_rate: int | None = None
    video: VideoStream
    audio: tuple[AudioStream, ...] = ()
    """The described track first."""
    tracks: Tracks | None = None
    """None in reports from before tracks could be chosen."""
    start_timecode: str | None = None
    """`HH:MM:SS:FF`, or with `;` before the frames for drop-frame."""
    chapters: tuple[tuple[int, int, str], ...] = ()
    """(start_ms, end_ms, title)"""
    keyframes_ms: tuple[int, ...] = ()
    scene_changes: tuple[SceneChange, ...] = ()
    black: tuple[Span, ...] = ()
    silence: tuple[Span, ...] = ()
    """Silences of the programme sound: quieter than -50 dBFS for at least 300 ms."""
    speech: tuple[Span, ...] | None = None
    """Where a voice is heard, in any language, with words or without; None if no detector ran."""
    speech_by: str | None = None
    """The detector."""
    loudness: Loudness | None = None
    sound_can_be_spliced: bool = False
    """Whether the render may reuse the source's audio packets (AAC-LC in MP4); see activities/media."""
    sound_refusal: str | None = None
    """Why it may not, in words."""
    rendering: tuple[str, ...] = ()
    """What a render changes beyond copying: one sentence for everything that is encoded or lost."""
    warnings: tuple[str, ...] = ()
    has_audio: bool = Field(default=False)
