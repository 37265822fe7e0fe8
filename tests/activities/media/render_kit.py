"""What the render's tests share: plans made by hand, and outputs decoded into numbers and samples."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from activities.media.contract import ClipFile, RenderInput, RenderOptions, RenderResult
from activities.media.mp4.movie import Movie
from activities.media.render.render import render
from schema.plan.model import Fit, Pause, Placement, Plan, Timebase
from tests.media_factory import Audio, frame_number, make_sound
from tests.media_sounds import Sound

Samples = npt.NDArray[np.float32]
GRID = 1024
_HEVC_SETS = (32, 33, 34)
"""VPS, SPS and PPS (ITU-T H.265, table 7-1)."""


def make_clip(path: Path, seconds: float, rate: int = 48_000) -> Path:
    """A spoken description, as far as these tests can tell: a tone that swells."""
    return make_sound(path, Audio("pcm_s16le", rate, "mono", sound=_tone), seconds)


def _tone(first: int, count: int, rate: int, channels: int) -> Sound:
    at = np.arange(first, first + count) / rate
    tone: Sound = (0.3 * np.sin(2 * np.pi * 700 * at) * (1 + 0.5 * np.sin(9 * at)))[None].astype(np.float32)
    return tone


def make_plan(
    pauses: Iterable[tuple[int, int]],
    places: Iterable[tuple[int, int]],
    *,
    rate: int = 48_000,
    seconds: float = 4.0,
) -> Plan:
    """`pauses` are (source tick, units); `places` are (render tick, length) of cues `0`, `1`, …"""
    held = tuple(
        Pause(at=at, units=units, ticks=units * GRID, cue_ids=(), reason="sentence end")
        for at, units in pauses
    )
    cues = tuple(
        Placement(
            cue_id=str(index),
            cue_index=index,
            fit=Fit.HELD,
            wanted=start,
            source_start=start,
            start=start,
            length=length,
            clip_length=length,
            gap_start=max(0, start - rate),
            gap_end=start + length + rate,
            explanation="",
        )
        for index, (start, length) in enumerate(places)
    )
    return Plan(
        timebase=Timebase(rate=rate),
        duration=round(seconds * rate),
        placements=cues,
        pauses=held,
        added=sum(pause.ticks for pause in held),
    )


def run(
    source: Path,
    plan: Plan,
    folder: Path,
    clip: Path | None = None,
    options: RenderOptions | None = None,
    **rest: object,
) -> RenderResult:
    clips = {p.cue_id: ClipFile(clip) for p in plan.placements} if clip else {}
    given = RenderInput(
        source,
        plan,
        clips,
        folder / "out.mp4",
        folder / "cache",
        options or RenderOptions(),
        **rest,  # type: ignore[arg-type]
    )
    return render(given)


def pictures(path: Path) -> list[tuple[int, Fraction]]:
    """(number stamped into the picture, presentation time in seconds), as shown."""
    with av.open(str(path)) as media:
        origin = start_of(media)
        found = []
        for frame in media.decode(video=0):
            assert frame.pts is not None and frame.time_base is not None
            found.append((frame_number(frame), frame.pts * frame.time_base - origin))
        return found


def start_of(media: av.container.InputContainer) -> Fraction:
    """Presentation time 0: an MP4's own, elsewhere and in fragments that of the first packet."""
    if media.start_time is None:
        return Fraction(0)
    start = Fraction(media.start_time, 1_000_000)
    if "mp4" in media.format.name:
        return max(Fraction(0), start) if _in_fragments(Path(media.name)) else Fraction(0)
    return start


def _in_fragments(path: Path) -> bool:
    """By the headers of its boxes: some files are large."""
    with path.open("rb") as file:
        while len(header := file.read(16)) >= 8 and header[4:8] != b"moof":
            size = int.from_bytes(header[:4], "big")
            size = int.from_bytes(header[8:], "big") if size == 1 else size
            if size < 8:
                return False
            file.seek(size - len(header), 1)
        return header[4:8] == b"moof"


def sound(path: Path, track: int = 0) -> tuple[int, Samples]:
    """(sample rate, all that is heard from presentation time 0 on)."""
    with av.open(str(path)) as media:
        origin = start_of(media)
        stream = media.streams.audio[track]
        rate = stream.codec_context.sample_rate
        parts: list[Samples] = []
        length = 0
        resampler = av.AudioResampler("fltp", stream.layout.name, rate)
        for frame in media.decode(stream):
            assert frame.pts is not None and frame.time_base is not None
            at = round((frame.pts * frame.time_base - origin) * rate)
            for one in resampler.resample(frame):
                samples = one.to_ndarray()
                if at > length + rate // 33:  # Matroska rounds times to a millisecond
                    parts.append(np.zeros((samples.shape[0], at - length), np.float32))
                    length = at
                samples = samples[:, max(0, -at) if not length else 0 :]
                parts.append(samples)
                length += samples.shape[1]
                at = length
        return rate, np.concatenate(parts, axis=1)


def packet_hashes(path: Path, kind: str = "video", track: int = 0) -> list[str]:
    """Of every packet of a track, in file order."""
    with av.open(str(path)) as media:
        stream = getattr(media.streams, kind)[track]
        head = 7 if media.format.name == "mpegts" and kind == "audio" else 0  # the ADTS header
        return [hashlib.sha256(bytes(p)[head:]).hexdigest() for p in media.demux(stream) if p.size]


def nal_hashes(path: Path) -> list[str]:
    """Of every NAL unit of the pictures, whether start codes or lengths (of four bytes) stand before them. Parameter
    sets of HEVC do not count: in an MP4 that Apple's players take, they stand in the sample entry alone."""
    found: list[bytes] = []
    with av.open(str(path)) as media:
        annex_b = media.format.name == "mpegts"
        for packet in media.demux(media.streams.video[0]):
            data, at = bytes(packet), 0
            if annex_b:
                found += [unit.rstrip(b"\0") for unit in data.split(b"\0\0\1")]
            while not annex_b and at < len(data):
                size = int.from_bytes(data[at : at + 4], "big")
                found.append(data[at + 4 : at + 4 + size].rstrip(b"\0"))
                at += 4 + size
        hevc = media.streams.video[0].codec_context.name == "hevc"
    if hevc:
        found = [unit for unit in found if unit and unit[0] >> 1 & 63 not in _HEVC_SETS]
    return [hashlib.sha256(unit).hexdigest() for unit in found if unit]


def end_of(path: Path) -> float:
    """Seconds from presentation time 0 to the end."""
    with av.open(str(path)) as media:
        assert media.duration is not None
        start = (media.start_time or 0) if "mp4" in media.format.name else 0
        return (max(0, start) + media.duration) / 1_000_000


def duration_of(movie: Movie) -> int:
    """What the movie header says, on the movie's clock."""
    mvhd = movie.moov.need(b"mvhd")
    return mvhd.unpack("Q", 24)[0] if mvhd.version == 1 else mvhd.unpack("I", 16)[0]


def low_pass(samples: Samples, rate: int, cutoff: float = 3000.0) -> Samples:
    """What is below `cutoff`: AAC may say a noise band as noise (PNS), which differs between any two decodes."""
    spectrum = np.fft.rfft(samples, axis=1)
    spectrum[:, np.fft.rfftfreq(samples.shape[1], 1 / rate) > cutoff] = 0
    return np.fft.irfft(spectrum, samples.shape[1], axis=1).astype(np.float32)


def pure_tones(first: int, count: int, rate: int, channels: int) -> Sound:
    """Tones alone: nothing that a coder would say as noise, so that a click has nowhere to hide."""
    at = np.arange(first, first + count) / rate
    wave = 0.2 * np.sin(2 * np.pi * 330 * at) + 0.1 * np.sin(2 * np.pi * 1234.5 * at)
    return np.repeat(wave[None], channels, axis=0).astype(np.float32)


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
