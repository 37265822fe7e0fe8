"""What the packets of a source must be for it to be served."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from activities.media.files.opening import ENCRYPTED, TRUNCATED
from activities.media.files.packets import Packets
from schema.contracts.media import Tracks
from schema.errors import MediaRefused

_GOES_BACK = (
    "The file's clock goes back on the way, as it does where several recordings were joined end to end. "
    "Export the video again as one."
)
_NO_FRAMES = "The picture has no frames. Export the video again."
_NOTHING_SHOWN = (
    "The edit list of the picture leaves out all of it, as one does that gives it no length. "
    "Export the video again."
)
_NOTHING_HEARD = (
    "The edit list of sound track {track} leaves out all of it, as one does that gives it no length. "
    "Choose another sound, or export the video again."
)
_UNHEARD = "The edit list of sound track {track} leaves out all of it: it is left out."
_ROUNDED_S = 0.001

Sounds = tuple[tuple[AudioStream, ...], ...]


def check_packets(
    container: InputContainer,
    picture: VideoStream,
    sounds: Sounds,
    packets: Mapping[int, Packets],
) -> None:
    """`packets` are those of every stream, by index; the first of `sounds` is heard with the picture.

    Raises:
        MediaRefused: they are encrypted, none are shown or heard, their clock goes back, or the last are missing.
    """
    pictures = packets[picture.index]
    if any(found.encrypted for found in packets.values()):
        raise MediaRefused(ENCRYPTED)
    if pictures.count == 0 or pictures.end is None:
        raise MediaRefused(_NOTHING_SHOWN if pictures.discarded else _NO_FRAMES)
    heard = [stream.index for group in sounds[:1] for stream in group]
    for index in heard:
        if not packets[index].count and packets[index].discarded:
            raise MediaRefused(_NOTHING_HEARD.format(track=index))
    if any(packets[index].restarts for index in (picture.index, *heard)):
        raise MediaRefused(_GOES_BACK)
    _check_length(container, picture, pictures, packets)


def without_unheard(tracks: Tracks, sounds: Sounds, packets: Mapping[int, Packets]) -> tuple[Tracks, Sounds]:
    """Both without further sounds of which an edit list leaves out all: players let none of it be heard."""

    def unheard(number: int) -> bool:
        return not packets[number].count and bool(packets[number].discarded)

    kept = [group for group in sounds if group is sounds[0] or not all(unheard(one.index) for one in group)]
    named = [_UNHEARD.format(track=one.index) for group in sounds if group not in kept for one in group]
    if not named:
        return tracks, sounds
    indices = tuple(tuple(one.index for one in group) for group in kept)
    return tracks.model_copy(update={"sounds": indices, "left": (*tracks.left, *named)}), tuple(kept)


def _check_length(
    container: InputContainer, picture: VideoStream, pictures: Packets, packets: Mapping[int, Packets]
) -> None:
    assert pictures.end is not None
    whole = Fraction(container.duration or 0, av.time_base)
    told = (picture.duration or 0) * pictures.time_base or whole
    if abs(told - whole) > _ROUNDED_S:
        there = (pictures.end - min(0, pictures.first or 0)) * pictures.time_base
    else:  # FFmpeg tells the file's length, as that of a single picture too
        there = max(found.end * found.time_base for found in packets.values() if found.end is not None)
    missing = told - there
    # A duration that was estimated, or rounded per packet, may be a little off.
    if missing > 1 and missing > told / 50 and "mpeg" not in container.format.name:
        raise MediaRefused(f"{TRUNCATED} It ends {float(missing):.0f} s before the time that it announces.")
