"""Open a source, and say what it is or why it cannot be served.

`probe` reads every packet but decodes only the first pictures and sounds, so that a bad file is refused early. What
needs decoding as a whole is apart, and can run at once in two processes: `scenes.find_scenes` for the picture and
`speech_audio.extract_speech` for the sound; `with_picture` and `with_sound` put their results into the report. All three run in a
child process (`activities.running.child.run_in_child`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction as Ratio
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame

from activities.media.files.bounds import Deadline, bounded_memory
from activities.media.files.choice import choose
from activities.media.files.opening import (
    ENCRYPTED,
    TRUNCATED,
    open_media,
    presentation_origin,
)
from activities.media.files.packets import Packets, scan_packets
from activities.media.mp4.layout import Mp4Layout, read_layout
from activities.media.probing.packet_checks import check_packets, without_unheard
from activities.media.probing.report_parts import (
    Clock,
    audio_part,
    chapter_part,
    fraction,
    in_bytes,
    in_hours,
    time_base,
    video_part,
    warnings_about,
)
from activities.media.probing.scenes import PictureFindings
from activities.media.probing.speech_audio import SoundFindings
from activities.media.probing.timecode import start_timecode
from activities.media.sound.splicing import decoded_refusal, splice_refusal
from activities.ports import Progress
from schema.contracts.media import MediaReport
from schema.contracts.outputs import TrackChoice
from schema.errors import MediaRefused
from schema.plan.rates import delivered_rate

_TRY_PACKETS = 300
"""A picture or a sound must come out of so many packets."""
_KEY_ID = "enc_key_id"
"""FFmpeg's word for the key of an encrypted Matroska track."""
_SMALLEST, _LARGEST = 16, 8192
"""Width and height."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a deployment takes; `schema.settings` has them."""

    max_bytes: int = 50 * 2**30
    max_duration_ms: int = 6 * 3600 * 1000


def probe(
    path: Path, limits: Limits, tracks: TrackChoice | None = None, progress: Progress | None = None
) -> MediaReport:
    """The media report, without scenes, black, silence and loudness. `tracks` are a person's choice.

    Raises:
        MediaRefused: why this file cannot be served, and what its owner can do about it.
    """
    size = path.stat().st_size if path.is_file() else 0
    if size > limits.max_bytes:
        raise MediaRefused(
            f"The file has {in_bytes(size)}, and the limit is {in_bytes(limits.max_bytes)}. Use a smaller one."
        )
    deadline = Deadline(300 + size / 20e6)
    with bounded_memory(), open_media(path) as container:
        return _Probe(path, container, limits, tracks, deadline).report(progress)


def with_picture(report: MediaReport, picture: PictureFindings) -> MediaReport:
    """`report` with what looking at every picture showed."""
    warnings = list(report.warnings)
    if picture.damaged:
        warnings.append(f"{picture.damaged} packets of the picture cannot be decoded.")
    found = {"scene_changes": picture.scene_changes, "black": picture.black, "warnings": tuple(warnings)}
    return report.model_copy(update=found)


def with_sound(report: MediaReport, sound: SoundFindings) -> MediaReport:
    """`report` with what listening to its sound showed."""
    warnings = (*report.warnings, *sound.warnings)
    return report.model_copy(
        update={"silence": sound.silence, "loudness": sound.loudness, "warnings": warnings}
    )


class _Probe:
    """One opened file, while its report is made."""

    def __init__(
        self,
        path: Path,
        container: InputContainer,
        limits: Limits,
        wanted: TrackChoice | None,
        deadline: Deadline,
    ) -> None:
        self.path, self.container, self.limits, self.deadline = path, container, limits, deadline
        in_mp4 = "mp4" in container.format.name
        self.layout = read_layout(path) if in_mp4 else Mp4Layout(False, False, False, {})
        if self.layout.encrypted or any(_KEY_ID in stream.metadata for stream in container.streams):
            raise MediaRefused(ENCRYPTED)
        self.clock = Clock(presentation_origin(container))
        self.picture, self.sounds, self.tracks = choose(container, wanted)

    def report(self, progress: Progress | None) -> MediaReport:
        self._check_header()
        packets = scan_packets(self.container, list(self.container.streams), self.deadline, progress)
        pictures = packets[self.picture.index]
        check_packets(self.container, self.picture, self.sounds, packets)
        self.tracks, self.sounds = without_unheard(self.tracks, self.sounds, packets)
        video = video_part(self.picture, pictures, self._first_picture(), self.clock)
        audio = tuple(audio_part(group, packets, self.clock) for group in self.sounds)
        ends = [video.start_ms + video.duration_ms]
        ends += [sound.start_ms + (sound.duration_ms or 0) for sound in audio[:1]]
        self._check_duration(max(ends))
        first = [stream.index for group in self.sounds[:1] for stream in group]
        refusal = self._sound_refusal(self.sounds[0], packets) if audio else None
        return MediaReport(
            container=self.container.format.name.split(",")[0].replace("mov", "mp4"),
            fragmented=self.layout.fragmented,
            size_bytes=self.container.size,
            duration_ms=max(ends),
            duration=fraction(max(self._end(packets[index]) for index in (video.index, *first))),
            bit_rate=self.container.size * 8000 // max(ends),
            video=video,
            audio=audio,
            tracks=self.tracks,
            start_timecode=start_timecode(self.container, self.picture),
            chapters=chapter_part(self.container, self.clock, max(ends)),
            keyframes_ms=tuple(
                sorted({max(0, self.clock.ms(at, self.picture)) for at in pictures.keyframes})
            ),
            sound_can_be_spliced=bool(audio) and refusal is None,
            sound_refusal=refusal,
            warnings=warnings_about(self.picture, self.tracks, packets),
            has_audio=bool(audio),
        )

    def _end(self, packets: Packets) -> Ratio:
        """Seconds of presentation time."""
        return max(Ratio(0), packets.seconds(packets.end or 0) - self.clock.origin)

    def _check_header(self) -> None:
        """What can be refused before a packet is read."""
        width, height = self.picture.codec_context.width, self.picture.codec_context.height
        if not (_SMALLEST <= width <= _LARGEST and _SMALLEST <= height <= _LARGEST):
            raise MediaRefused(
                f"The picture is {width} x {height}; it must be between {_SMALLEST} and {_LARGEST} each way."
            )
        if self.layout.truncated:
            raise MediaRefused(TRUNCATED)
        self._check_duration(int((self.picture.duration or 0) * time_base(self.picture) * 1000))

    def _check_duration(self, duration_ms: int) -> None:
        if duration_ms > self.limits.max_duration_ms:
            raise MediaRefused(
                f"The video is {in_hours(duration_ms)} long, and the limit is "
                f"{in_hours(self.limits.max_duration_ms)}. Use parts of it."
            )

    def _first_picture(self) -> VideoFrame:
        """Decode until a picture comes out.

        Raises:
            MediaRefused: none does.
        """
        with open_media(self.path) as media:  # to go back in a stream may pass its first key picture
            stream = next(stream for stream in media.streams.video if stream.index == self.picture.index)
            stream.codec_context.thread_count = 1  # a picture or two are decoded
            for number, packet in enumerate(media.demux(stream)):
                try:
                    for frame in packet.decode():
                        if isinstance(frame, VideoFrame):
                            return frame
                except av.FFmpegError:
                    pass  # the next keyframe may do
                if number > _TRY_PACKETS:
                    break
                self.deadline.check()
        raise MediaRefused(
            f"No picture can be decoded from the {self.picture.codec_context.codec.canonical_name} stream. "
            "Export the video again as H.264 in MP4."
        )

    def _sound_refusal(self, group: tuple[AudioStream, ...], packets: dict[int, Packets]) -> str | None:
        if len(group) > 1:
            return "The sound is put together from mono tracks."
        (stream,) = group
        if stream.codec_context.sample_rate != delivered_rate(stream.codec_context.sample_rate):
            return f"The sound has {stream.codec_context.sample_rate} samples a second, and is delivered with others."
        # The first packet of a fragmented file may carry a duration of its own; the render has it as long as the next.
        durations = {} if self.layout.fragmented else packets[stream.index].durations
        edits = self.layout.edits.get(stream.id, ())
        return splice_refusal(self.container, stream, durations, edits) or self._decoded_refusal(stream.index)

    def _decoded_refusal(self, index: int) -> str | None:
        with open_media(self.path) as media:
            stream = next(stream for stream in media.streams.audio if stream.index == index)
            for number, packet in enumerate(media.demux(stream)):
                try:
                    decoded = packet.decode()
                except av.FFmpegError:
                    return "The beginning of the sound cannot be decoded."
                # The first packets carry the encoder's delay, which the decoder takes away again.
                if number >= 3 and decoded:
                    return decoded_refusal(decoded[0].samples, decoded[0].sample_rate, stream)
                if number > _TRY_PACKETS:
                    break
        return "The sound is shorter than a few packets."
