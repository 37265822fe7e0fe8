"""A source that cannot be operated on as it is: its picture in a progressive MP4, each of its sounds in another, all in
one reading. Packets are copied where they may be, and encoded only where they must."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream

from activities.media.convert.encoded_sound import EncodedSound, SilentSound
from activities.media.convert.packet_copy import CopiedPictures, CopiedSound
from activities.media.convert.times import CLOCK, PictureTimes, clock_for, read_times
from activities.media.convert.transcode import EncodedPicture, first_picture, untold_order
from activities.media.files.choice import choose
from activities.media.files.opening import open_media, presentation_origin
from activities.media.files.playable import stream_refusal
from activities.media.files.transparency import has_alpha
from activities.media.probing.report_parts import Clock, chapter_part
from activities.media.probing.timecode import start_timecode
from schema.contracts.media import Tracks

_UNORDERED = "AVI does not tell in which order the pictures are shown"
_TRANSPARENT = "The picture is partly transparent, which it is in WebM alone"
_CHANGES = "The picture goes on in another format on the way, which an MP4 cannot tell"
_DOLBY_VISION = {"strict": "unofficial"}
"""Its configuration is no standard of ISO's. Without it a picture of profile 5 is green and purple."""
_SAID = ("language", "title")
_ABOUT = (
    *("title", "artist", "album_artist", "composer", "album", "date", "comment", "genre", "copyright"),
    *("description", "synopsis", "show", "episode_id", "network", "lyrics", "location", "keywords"),
)
"""What an MP4 has a place for, of what a file says of itself in words."""


class _Writer(Protocol):
    def take(self, packet: Packet[Any]) -> list[Packet[Any]]: ...
    def end(self) -> list[Packet[Any]]: ...


@dataclass(frozen=True, slots=True)
class SoundWanted:
    """One sound of the source, to be written to `target`. `indices` are its tracks'."""

    indices: tuple[int, ...]
    target: Path
    rate: int
    copied: bool


@dataclass(slots=True)
class Normalised:
    picture_encoded: bool = False
    reasons: list[str] = field(default_factory=list)
    """Of the picture, and of what is left out of the file."""


def normalise(
    source: Path,
    tracks: Tracks,
    picture: Path | None,
    sounds: Sequence[SoundWanted],
    on_progress: Callable[[float], None],
    *,
    because: str | None = None,
    alone: bool = True,
    most_packets: int | None = None,
) -> Normalised:
    """Write the picture to `picture`, where that is wanted, and every sound to its target. The picture is copied unless
    browsers do not play it, or for the reason `because`. `alone`, it is all that is left of the file: what else there is
    goes with it, or is named. With `most_packets` no more are written: for a rehearsal.

    Raises:
        MediaRefused: it does not open, is damaged beyond reading, or has no picture.
    """
    done = Normalised()
    with ExitStack() as stack:
        media = stack.enter_context(open_media(source))
        run = _Run(media, source, tracks, on_progress)
        if picture is not None:
            output = stack.enter_context(_output(picture, run.picture_clock))
            run.add_picture(output, done, because, alone=alone)
        for sound in sounds:
            run.add_sound(stack.enter_context(_output(sound.target)), sound)
        run.run(most_packets)
        done.reasons += run.afterwards()
    return done


def write_silence(target: Path, rate: int, seconds: Fraction) -> None:
    """A sound track for a video that has none."""
    with _output(target) as output:
        silent = SilentSound(output, rate)
        output.mux([*silent.until(seconds), *silent.end()])


def _output(path: Path, clock: int = CLOCK) -> OutputContainer:
    options = {"movie_timescale": str(CLOCK), "video_track_timescale": str(clock), "fflags": "+bitexact"}
    return av.open(str(path), "w", format="mp4", options=options | _DOLBY_VISION)


class _Run:
    """One reading of the source, which feeds every writer."""

    def __init__(
        self, media: InputContainer, source: Path, tracks: Tracks, on_progress: Callable[[float], None]
    ) -> None:
        self.media, self.source, self.tracks, self.on_progress = media, source, tracks, on_progress
        self.picture = choose(media, tracks).picture
        self.origin = presentation_origin(media)
        self.duration = (media.duration or 0) / 1_000_000
        self.writers: list[tuple[tuple[int, ...], OutputContainer, _Writer]] = []

    @property
    def picture_clock(self) -> int:
        return clock_for(self.picture.time_base or Fraction(1, CLOCK))

    def add_picture(
        self, output: OutputContainer, done: Normalised, because: str | None, *, alone: bool
    ) -> None:
        unordered = untold_order(self.media, self.picture)
        why = stream_refusal(self.picture) or because or (_UNORDERED if unordered else None)
        why = why or (_TRANSPARENT if has_alpha(self.picture) else None)
        times = self._times() if why is None else None
        if times is not None and times.change:
            why = _CHANGES
        writer: _Writer
        if times is not None and why is None:
            writer = CopiedPictures(output, self.picture, times)
        else:
            first = first_picture(self.source, self.tracks)
            writer = EncodedPicture(output, self.picture, self.origin, first, in_order=unordered)
            done.reasons.append(
                f"{why}: it was encoded to H.264 at {float(writer.rate):.5g} pictures a second."
            )
            done.picture_encoded = True
        self.writers.append(((self.picture.index,), output, writer))
        self._label(output, [self.picture])
        if alone:
            done.reasons += self._describe(output)

    def _times(self) -> PictureTimes:
        """From a reading of its own: the first packet's times depend on the last's."""
        with open_media(self.source) as media:
            picture, sounds, _ = choose(media, self.tracks)
            return read_times(media, picture, sounds[0] if sounds else (), self.origin)

    def add_sound(self, output: OutputContainer, wanted: SoundWanted) -> None:
        streams = [stream for stream in self.media.streams.audio if stream.index in wanted.indices]
        streams.sort(key=lambda stream: wanted.indices.index(stream.index))
        writer: _Writer
        if wanted.copied:
            writer = CopiedSound(output, streams[0], self.origin)
        else:
            writer = EncodedSound(output, streams, self.origin, wanted.rate)
        self.writers.append((wanted.indices, output, writer))
        self._label(output, streams[:1])

    def _label(self, output: OutputContainer, streams: Sequence[Stream]) -> None:
        """What the source says in words of its tracks."""
        for stream, made in zip(streams, output.streams, strict=False):
            made.metadata.update({name: stream.metadata[name] for name in _SAID if name in stream.metadata})

    def _describe(self, output: OutputContainer) -> Iterator[str]:
        """Chapters, timecode, and words about the file; answers what an MP4 has no place for."""
        chapters = chapter_part(self.media, Clock(self.origin), round(self.duration * 1000))
        output.set_chapters(
            [
                {
                    "id": number,
                    "start": start,
                    "end": end,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": title},
                }
                for number, (start, end, title) in enumerate(chapters)
            ]
        )
        told = {name.lower(): words for name, words in self.media.metadata.items()}
        output.metadata.update({name: told[name] for name in _ABOUT if told.get(name)})
        if timecode := start_timecode(self.media, self.picture):
            output.metadata["timecode"] = timecode
        streams = self.media.streams
        if streams.subtitles:
            yield "The subtitles inside the source were left out: bring them as captions."
        if any(stream.disposition & Disposition.attached_pic for stream in streams.video):
            yield "The cover of the source was left out."
        if streams.data:
            yield f"{len(streams.data)} data tracks of the source were left out."
        if len(streams.attachments):
            yield f"{len(streams.attachments)} attachments of the source, such as fonts, were left out."

    def run(self, most: int | None) -> None:
        wanted = {index for indices, _, _ in self.writers for index in indices}
        by_index: dict[int, list[tuple[OutputContainer, _Writer]]] = {index: [] for index in wanted}
        for indices, output, writer in self.writers:
            for index in indices:
                by_index[index].append((output, writer))
        streams = [self.media.streams[index] for index in sorted(wanted)]
        for packet in islice(self.media.demux(streams), most):
            at = None
            if packet.pts is not None and packet.time_base:
                at = (packet.pts + (packet.duration or 0)) * packet.time_base - self.origin
            for output, writer in by_index[packet.stream.index]:
                output.mux(writer.take(packet))  # the last, empty packets drain decoders
            if at is not None and self.duration:
                self.on_progress(min(1.0, float(at) / self.duration))
        for _, output, writer in self.writers:
            output.mux(writer.end())

    def afterwards(self) -> Iterator[str]:
        for _, _, writer in self.writers:
            if isinstance(writer, EncodedPicture):
                yield from writer.notes()
