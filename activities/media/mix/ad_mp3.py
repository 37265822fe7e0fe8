"""The descriptions alone as an MP3, on the render's timeline.

Between two descriptions there is nothing to encode: one silent frame is encoded once and repeated. So an hour with ten
minutes of speech costs what ten minutes cost. Frames are independent of each other (no bit reservoir, constant rate),
and an encoder's delay is taken off beforehand, so that what is heard is in time in every player.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from activities.media.contract import ClipFile, RenderOptions
from activities.media.files.languages import iso_639_2
from activities.media.mix.voices import Voice, make_voices, measure_file
from activities.media.sound.samples import Samples, silence
from schema.plan.model import Plan

LOUDNESS_LUFS = -16.0
"""The web's usual loudness (`quality-rules.md`, Sound), linear, and never over the true peak."""
_BIT_RATE = 96_000
_FRAME = 1152
"""Samples in a frame of MPEG-1 layer III (ISO/IEC 11172-3, section 2.4.2.1)."""
_DELAY = 1105
"""Encoder (576) and decoder (529) delay of LAME and of every decoder that follows it."""
_RATES = (32_000, 44_100, 48_000)
_WARM_UP = 4
"""Frames that the encoder is given before a description, and that are dropped."""
_TAIL = 2
"""Frames in which a description's last samples ring out."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Frames `start` to `end` of the file, in which `voices` are heard."""

    start: int
    end: int
    voices: tuple[Voice, ...]


def write_ad_mp3(plan: Plan, clips: Mapping[str, Path], output: Path, *, title: str, language: str) -> None:
    """Write the descriptions of `plan` to `output`. `clips` are by cue id; `title` is the programme's; `language` is
    BCP 47.

    Raises:
        Invalid: a clip is missing.
    """
    source_rate = plan.timebase.rate
    rate = source_rate if source_rate in _RATES else 48_000
    voices, _ = make_voices(
        plan,
        {cue_id: ClipFile(path) for cue_id, path in clips.items()},
        RenderOptions(),
        target_lufs=LOUDNESS_LUFS,
        laid_db=0.0,
        measured=lambda path, _sha256: measure_file(path, source_rate),
    )
    frames = -(-plan.rendered_duration * rate // (source_rate * _FRAME))
    place = partial(_scaled, rate=rate, source_rate=source_rate)
    options = {"write_xing": "0", "id3v2_version": "3", "fflags": "+bitexact"}
    with av.open(str(output), "w", format="mp3", options=options) as container:
        stream = container.add_stream("libmp3lame", rate=rate, layout="mono", bit_rate=_BIT_RATE)
        container.metadata["title"] = f"{title}: audio description ({language})"
        container.metadata["language"] = iso_639_2(language)  # ID3v2.3, 4.2.1: TLAN
        for index, data in enumerate(_packets(_stretches(voices, frames, place), frames, rate, source_rate)):
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1, rate)
            packet.pts = packet.dts = index * _FRAME
            packet.duration = _FRAME
            container.mux(packet)


def _scaled(ticks: int, *, rate: int, source_rate: int) -> int:
    return ticks * rate // source_rate


def _stretches(voices: tuple[Voice, ...], frames: int, place: partial[int]) -> Iterator[_Stretch]:
    """Voices whose frames meet are encoded together."""
    current: _Stretch | None = None
    for voice in voices:
        start = max(0, (place(voice.start) - _DELAY) // _FRAME)
        end = min(frames, (place(voice.end) - _DELAY) // _FRAME + 1 + _TAIL)
        if current is not None and start <= current.end:
            current = _Stretch(current.start, max(current.end, end), (*current.voices, voice))
            continue
        if current is not None:
            yield current
        current = _Stretch(start, end, (voice,))
    if current is not None:
        yield current


def _packets(stretches: Iterator[_Stretch], frames: int, rate: int, source_rate: int) -> Iterator[bytes]:
    quiet = _encode(silence(1, _FRAME * (_WARM_UP + 1)), rate)[_WARM_UP]
    at = written = 0

    def silent(end: int) -> Iterator[bytes]:
        for number in range(at, end):
            due = (number + 1) * _FRAME * _BIT_RATE // (8 * rate) - written
            yield _padded(quiet) if due > len(quiet) else quiet

    for stretch in stretches:
        for packet in chain(silent(stretch.start), _spoken(stretch, rate, source_rate)):
            written += len(packet)
            yield packet
        at = stretch.end
    for packet in silent(frames):
        written += len(packet)
        yield packet


def _padded(frame: bytes) -> bytes:
    """The same with the padding byte that a rate needs now and then (ISO/IEC 11172-3, 2.4.2.3)."""
    return frame if frame[2] & 2 else frame[:2] + bytes([frame[2] | 2]) + frame[3:] + b"\0"


def _spoken(stretch: _Stretch, rate: int, source_rate: int) -> list[bytes]:
    length = stretch.end - stretch.start
    sound = silence(1, (_WARM_UP + length) * _FRAME)
    origin = (stretch.start - _WARM_UP) * _FRAME + _DELAY
    for voice in stretch.voices:
        samples = _at_rate(voice.load(source_rate), source_rate, rate)
        start = _scaled(voice.start, rate=rate, source_rate=source_rate) - origin
        cut = max(0, -start)  # the first 23 ms of a file cannot be put any earlier
        part = samples[:, cut : cut + sound.shape[1] - start - cut]
        sound[:, start + cut : start + cut + part.shape[1]] += part
    return _encode(np.clip(sound, -1, 1), rate)[_WARM_UP : _WARM_UP + length]


def _at_rate(samples: Samples, source_rate: int, rate: int) -> Samples:
    if source_rate == rate:
        return samples
    resampler = AudioResampler(format="fltp", layout="mono", rate=rate)
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="mono")
    frame.sample_rate = source_rate
    return np.concatenate(
        [made.to_ndarray() for given in (frame, None) for made in resampler.resample(given)], axis=1
    )


def _encode(samples: Samples, rate: int) -> list[bytes]:
    """One packet a frame, and those that the encoder held back."""
    codec = av.CodecContext.create("libmp3lame", "w")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = rate, "mono", "fltp", _BIT_RATE
    codec.time_base = Fraction(1, rate)
    codec.options = {"reservoir": "0"}
    packets: list[bytes] = []
    for start in range(0, samples.shape[1], _FRAME):
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, start : start + _FRAME]), format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets + [bytes(packet) for packet in codec.encode(None)]
