"""A source that cannot be operated on as it is, made into a progressive MP4 with AAC-LC sound: packets copied where
they may be, encoded only where they must."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from activities.media.convert.packet_copy import CLOCK, CopiedPackets
from activities.media.convert.transcode import EncodedPicture, EncodedSound, SilentSound, first_picture
from activities.media.files.opening import open_media, picture_stream, presentation_origin, sound_streams
from activities.media.files.playable import stream_refusal
from activities.media.probing.report_parts import Clock, chapter_part
from activities.media.sound.aac import FRAME
from activities.media.sound.splicing import config_refusal
from activities.media.timeline import FOREVER

_SAID = ("language", "title")


@dataclass(slots=True)
class Normalised:
    picture_encoded: bool = False
    sound_encoded: bool = False
    reasons: list[str] = field(default_factory=list)


def normalise(
    source: Path,
    target: Path,
    rate: int,
    *,
    refused: Mapping[int, str],
    sound_reason: str | None,
    mute: bool = False,
    on_progress: Callable[[float], None],
) -> Normalised:
    """Write `target` with sound at `rate` samples a second; a video without sound gets a silent track.

    `refused` says which of its sound tracks cannot be copied, by id, and why, where that is known; `sound_reason`
    why none can. With `mute` the sound is left out.

    Raises:
        MediaRefused: it does not open, is damaged beyond reading, or has no picture.
    """
    done = Normalised()
    with (
        open_media(source) as media,
        av.open(
            str(target),
            "w",
            format="mp4",
            options={"movie_timescale": str(CLOCK), "fflags": "+bitexact"},
        ) as output,
    ):
        sounds = [] if mute else _with_packets(source, sound_streams(media))
        reasons = {s.id: why for s in sounds if (why := sound_reason or refused.get(s.id))}
        _Run(media, output, sounds, rate, reasons, done, on_progress).run()
    return done


class _Run:
    def __init__(
        self,
        media: InputContainer,
        output: OutputContainer,
        sounds: Sequence[AudioStream],
        rate: int,
        refused: Mapping[int, str],
        done: Normalised,
        on_progress: Callable[[float], None],
    ) -> None:
        self.media, self.output, self.rate, self.done = media, output, rate, done
        self.on_progress = on_progress
        video = picture_stream(media)
        self.origin = presentation_origin(media)
        self.duration = (media.duration or 0) / 1_000_000
        # A damaged picture may say that it is seen in days.
        self.latest = Fraction(media.duration or FOREVER, 1_000_000) + 1
        self.writers: dict[int, CopiedPackets | EncodedSound | EncodedPicture] = {}
        why = stream_refusal(video)
        if why is None:
            self.writers[video.index] = CopiedPackets(output, video, self.origin)
        else:
            picture = EncodedPicture(output, video, self.origin, first_picture(Path(media.name)))
            done.reasons.append(
                f"{why}: it was encoded to H.264 at {float(picture.rate):.5g} pictures a second."
            )
            done.picture_encoded = True
            self.writers[video.index] = picture
        for stream in sounds:
            self._add_sound(stream, refused.get(stream.id))
        self.silence = None if sounds else SilentSound(output, rate)
        self._label([video, *sounds])
        if media.streams.subtitles:
            done.reasons.append("The subtitles inside the source were left out: bring them as captions.")

    def _label(self, streams: Sequence[Stream]) -> None:
        """What the source says in words of its tracks, and its chapters."""
        for stream, made in zip(streams, self.output.streams, strict=False):
            made.metadata.update({name: stream.metadata[name] for name in _SAID if name in stream.metadata})
        chapters = chapter_part(self.media, Clock(self.origin), round(self.duration * 1000))
        self.output.set_chapters(
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

    def _add_sound(self, stream: AudioStream, reason: str | None) -> None:
        codec = stream.codec_context.codec.canonical_name
        extradata = stream.codec_context.extradata
        if reason is None and codec != "aac":
            reason = f"the sound is {codec.upper()}, and only AAC-LC can be spliced"
        if reason is None and stream.codec_context.sample_rate != self.rate:
            reason = (
                f"the sound has {stream.codec_context.sample_rate} samples a second, the plan {self.rate}"
            )
        if reason is None and extradata:
            reason = config_refusal(extradata, self.rate)
        if reason is None and not extradata and stream.profile not in ("LC", None):
            reason = f"the sound is AAC {stream.profile}"
        if reason is None and not _even(self.media.name, stream.index, self.rate):
            reason = "the sound has a gap in it"
        if reason is None:
            self.writers[stream.index] = CopiedPackets(self.output, stream, self.origin, count=True)
            return
        self.done.sound_encoded = True
        sentence = f"Sound track {stream.index} was encoded to AAC: {reason.rstrip('.')}."
        self.done.reasons.append(sentence)
        self.writers[stream.index] = EncodedSound(self.output, stream, self.origin, self.rate)

    def run(self) -> None:
        streams = [self.media.streams[index] for index in self.writers]
        for packet in self.media.demux(streams):
            for made in self.writers[packet.stream.index].take(packet):  # the last, empty ones drain decoders
                self.output.mux(made)
            if packet.pts is None or not packet.time_base:
                continue
            at = (packet.pts + (packet.duration or 0)) * packet.time_base - self.origin
            for made in self.silence.until(min(at, self.latest)) if self.silence else ():
                self.output.mux(made)
            if self.duration:
                self.on_progress(min(1.0, float(at) / self.duration))
        for writer in self.writers.values():
            for made in writer.end():
                self.output.mux(made)
        for made in self.silence.end() if self.silence else ():
            self.output.mux(made)


def _with_packets(source: Path, streams: Sequence[AudioStream]) -> list[AudioStream]:
    """Those that are more than a header."""
    missing = {stream.index for stream in streams}
    with open_media(source) as media:
        for packet in media.demux([media.streams[index] for index in missing]) if missing else ():
            if packet.size:
                missing.discard(packet.stream.index)
            if not missing:
                break
    return [stream for stream in streams if stream.index not in missing]


def _even(source: str, index: int, rate: int) -> bool:
    """Whether the packets' times follow one another without a gap (the container's rounding aside)."""
    expected: Fraction | None = None
    with open_media(Path(source)) as media:
        for count, packet in enumerate(media.demux(media.streams[index])):
            if packet.pts is None or packet.time_base is None:
                continue
            at = packet.pts * packet.time_base
            if count == 1:  # the first packet may carry the priming's odd length
                expected = at
            if expected is not None:
                if abs(at - expected) > Fraction(FRAME, 2 * rate):
                    return False
                expected += Fraction(FRAME, rate)
    return True
