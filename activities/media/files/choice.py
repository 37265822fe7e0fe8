"""Which of a file's tracks are its picture and its sounds: one choice for probe, plan, render and report.

A person may choose. Otherwise the picture is one that moves, before one that stands (a cover), and one that the file
marks as its default, before others; and so is the sound, where tracks for some people alone come last. Mono tracks
that belong together are one sound: those whose channels have labels, and pairs of mono tracks that a QuickTime or MXF
file plays at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from activities.media.files.opening import CHANNEL, NO_PICTURE, open_media, readable_sounds
from schema.contracts.media import MediaReport, Tracks
from schema.contracts.outputs import TrackChoice
from schema.errors import MediaRefused

_STILL = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
_ASIDE = Disposition.comment | Disposition.hearing_impaired | Disposition.visual_impaired | Disposition.lyrics
_TOGETHER = ("FL", "FR"), ("FL", "FR", "FC", "LFE", "SL", "SR"), ("FL", "FR", "FC", "LFE", "BL", "BR")
_LOOKED_AT_S = 60
"""A picture that has not moved by then is a cover."""
_UNREADABLE_PICTURE = "The picture is in a coding that cannot be read here. Export the video as H.264 in MP4."
LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}
"""How channels of so many are placed where nothing else tells."""


class Chosen(NamedTuple):
    """Streams of the open container. `sounds` begin with the described one; several of one are mono tracks that are
    heard together, in the order of the layout's channels."""

    picture: VideoStream
    sounds: tuple[tuple[AudioStream, ...], ...]
    tracks: Tracks


def choose(container: InputContainer, wanted: TrackChoice | Tracks | None = None) -> Chosen:
    """The tracks that are wanted, or those that the file tells. `Tracks` are taken as they are.

    Raises:
        MediaRefused: there is no picture, nothing here can decode it, or a track that is wanted is not there.
    """
    if isinstance(wanted, Tracks):
        return _taken(container, wanted)
    wanted = wanted or TrackChoice()
    pictures = [stream for stream in container.streams.video if not stream.disposition & _STILL]
    sounds = readable_sounds(container)
    begun = _begun(Path(container.name), pictures, sounds)
    heard = [stream for stream in sounds if begun[stream.index]]
    picture = _picture(pictures, wanted.picture, begun)
    groups = _groups(container, heard, wanted.sound)
    tracks = Tracks(
        picture=picture.index,
        sounds=tuple(tuple(stream.index for stream in group) for group in groups),
        chosen=wanted != TrackChoice(),
        further_pictures=tuple(_further(container, picture)),
        left=tuple(_left(container, picture, groups)),
    )
    return Chosen(picture, groups, tracks)


def choose_sound(container: InputContainer) -> tuple[AudioStream, ...]:
    """The sound of a file that need not have a picture, such as a dub: empty where it has none."""
    sounds = readable_sounds(container)
    begun = _begun(Path(container.name), (), sounds)
    groups = _groups(container, [stream for stream in sounds if begun[stream.index]], ())
    return groups[0] if groups else ()


def tracks_of(report: MediaReport) -> Tracks:
    """What was chosen when `report` was made."""
    if report.tracks is not None:
        return report.tracks
    return Tracks(picture=report.video.index, sounds=tuple((sound.index,) for sound in report.audio))


def _taken(container: InputContainer, tracks: Tracks) -> Chosen:
    by_index = {stream.index: stream for stream in container.streams}
    picture = by_index.get(tracks.picture)
    groups = [tuple(by_index.get(number) for number in group) for group in tracks.sounds]
    if not isinstance(picture, VideoStream):
        raise MediaRefused(NO_PICTURE)
    if picture.codec_context is None:
        raise MediaRefused(_UNREADABLE_PICTURE)
    found = [
        tuple(stream for stream in group if isinstance(stream, AudioStream) and stream.codec_context)
        for group in groups
    ]
    return Chosen(picture, tuple(group for group in found if group), tracks)


def _picture(pictures: Sequence[VideoStream], wanted: int | None, begun: dict[int, int]) -> VideoStream:
    if not pictures:
        raise MediaRefused(NO_PICTURE)
    if wanted is not None:
        chosen = next((stream for stream in pictures if stream.index == wanted), None)
        if chosen is None:
            raise MediaRefused(
                f"Track {wanted} is no picture. Choose one of {_listed(s.index for s in pictures)}."
            )
        pictures = [chosen]
    readable = [stream for stream in pictures if stream.codec_context is not None]
    if not readable:
        raise MediaRefused(_UNREADABLE_PICTURE)
    return min(readable, key=lambda s: (begun[s.index] < 2, not s.disposition & Disposition.default, s.index))


def _begun(path: Path, pictures: Sequence[VideoStream], sounds: Sequence[AudioStream]) -> dict[int, int]:
    """How many packets each has, by its index: counted up to two of a picture and one of a sound."""
    told = {stream.index: stream.frames for stream in (*pictures, *sounds)}
    wanted = {stream.index: 2 for stream in pictures if len(pictures) > 1 and not stream.frames}
    wanted |= {stream.index: 1 for stream in sounds if not stream.frames}
    if not wanted:
        return told
    with open_media(path) as media:
        for packet in media.demux([media.streams[index] for index in told]):
            if not packet.size:
                continue
            index = packet.stream.index
            told[index] += 1
            if told[index] >= wanted.get(index, 0):
                wanted.pop(index, None)
            late = packet.dts is not None and packet.time_base and packet.dts * packet.time_base
            begins = (media.start_time or 0) / 1_000_000
            stills = late and late - begins > _LOOKED_AT_S and not set(wanted) & {s.index for s in sounds}
            if not wanted or stills:
                break
    return told


def _groups(
    container: InputContainer, heard: Sequence[AudioStream], wanted: Sequence[int]
) -> tuple[tuple[AudioStream, ...], ...]:
    if wanted:
        first = _asked(heard, wanted)
        rest = [stream for stream in heard if stream not in first]
        return (first, *_together(container, rest))
    groups = _together(container, heard)
    return tuple(sorted(groups, key=lambda group: _rank(group[0])))


def _rank(stream: AudioStream) -> tuple[bool, bool, int]:
    disposition = stream.disposition
    return bool(disposition & _ASIDE), not disposition & Disposition.default, stream.index


def _asked(heard: Sequence[AudioStream], wanted: Sequence[int]) -> tuple[AudioStream, ...]:
    by_index = {stream.index: stream for stream in heard}
    missing = [number for number in wanted if number not in by_index]
    if missing:
        there = f"Choose among {_listed(by_index)}." if by_index else "The file has none."
        raise MediaRefused(f"Track {missing[0]} is no sound that can be read. {there}")
    group = tuple(by_index[number] for number in wanted)
    if len(group) > 1:
        several = [stream.index for stream in group if stream.codec_context.channels != 1]
        if several:
            raise MediaRefused(f"Track {several[0]} has several channels: choose it alone, or mono tracks.")
        if len(group) not in LAYOUTS:
            raise MediaRefused(f"{len(group)} mono tracks are no layout: choose 2, 3, 4, 5, 6 or 8.")
        if len({stream.codec_context.sample_rate for stream in group}) > 1:
            raise MediaRefused("The mono tracks have different sample rates: choose ones that have the same.")
    return group


def _together(container: InputContainer, heard: Sequence[AudioStream]) -> list[tuple[AudioStream, ...]]:
    """Each track, or the mono tracks that are one sound."""
    labelled = _labelled(heard)
    if labelled:
        rest = [stream for stream in heard if stream not in labelled]
        return sorted([labelled, *((stream,) for stream in rest)], key=lambda group: group[0].index)
    if len(heard) > 1 and _play_at_once(container, heard):
        return [tuple(heard[at : at + 2]) for at in range(0, len(heard), 2)]
    return [(stream,) for stream in heard]


def _labelled(heard: Sequence[AudioStream]) -> tuple[AudioStream, ...]:
    """The mono tracks that say which channel of stereo or surround they are."""
    by_label: dict[str, AudioStream] = {}
    for stream in heard:
        if label := stream.metadata.get(CHANNEL):
            by_label.setdefault(label, stream)
    for layout in reversed(_TOGETHER):
        if set(layout) <= by_label.keys():
            return tuple(by_label[label] for label in layout)
    return ()


def _play_at_once(container: InputContainer, heard: Sequence[AudioStream]) -> bool:
    """Whether mono tracks without labels are left and right: players of QuickTime play all tracks that are enabled."""
    name = container.format.name
    if not ("mp4" in name or name == "mxf"):
        return False
    alike = {
        (
            stream.codec_context.channels,
            stream.codec_context.name,
            stream.codec_context.sample_rate,
            stream.metadata.get("language"),
            stream.metadata.get("title"),
        )
        for stream in heard
    }
    enabled = name == "mxf" or all(stream.disposition & Disposition.default for stream in heard)
    return len(alike) == 1 and heard[0].codec_context.channels == 1 and enabled


def _further(container: InputContainer, picture: VideoStream) -> Iterable[int]:
    for stream in container.streams.video:
        if stream.index != picture.index and not stream.disposition & Disposition.attached_pic:
            yield stream.index


def _left(
    container: InputContainer, picture: VideoStream, groups: Iterable[Iterable[AudioStream]]
) -> Iterable[str]:
    """What does not come along, whatever the container."""
    used = {stream.index for group in groups for stream in group}
    further = {*_further(container, picture)}
    for stream in container.streams:
        if stream.index in used:
            continue
        if stream.index in further:
            yield f"Track {stream.index} is another picture{_called(stream)}: it is left out."
        elif isinstance(stream, AudioStream):
            yield f"Track {stream.index} is sound that is empty or cannot be read{_called(stream)}: it is left out."


def _called(stream: Stream) -> str:
    context = stream.codec_context
    return f" ({context.codec.canonical_name})" if context is not None else ""


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
