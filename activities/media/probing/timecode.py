"""The timecode of the first picture that is shown."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.video.stream import VideoStream

from activities.media.mp4.layout import read_layout
from schema.vtt.timecode import Timecode


def start_timecode(container: InputContainer, picture: VideoStream) -> str | None:
    """`HH:MM:SS:FF` (`;` for drop-frame) of the picture's track, a timecode track, or the file."""
    everywhere = [picture.metadata, *(stream.metadata for stream in container.streams), container.metadata]
    labels = (
        words for metadata in everywhere for name, words in metadata.items() if name.lower() == "timecode"
    )
    label = next((words for words in labels if words), None)
    trimmed = _trimmed(container) if label else Fraction(0)
    rate = picture.guessed_rate or picture.average_rate
    if label is None or not trimmed or not rate:
        return label
    try:
        return Timecode(rate, label).at(round(trimmed * 1000))
    except ValueError:  # it is told when it is used
        return label


def _trimmed(container: InputContainer) -> Fraction:
    """Seconds that the edit list of an MP4's timecode track leaves out at its beginning: FFmpeg tells the first label."""
    tracks = [stream for stream in container.streams.data if "timecode" in stream.metadata]
    if not tracks or "mp4" not in container.format.name:
        return Fraction(0)
    edits = read_layout(Path(container.name)).edits.get(tracks[0].id, ())
    begins = next((edit.media_time for edit in edits if edit.media_time >= 0), 0)
    return begins * (tracks[0].time_base or Fraction(0))
