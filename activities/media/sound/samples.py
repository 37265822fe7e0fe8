"""Sound as arrays: `float32`, shape (channels, samples), full scale 1.0; and the decoding that makes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from schema.errors import MediaRefused

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

Samples = NDArray[np.float32]

_PROBE = "131072"
"""Bytes of a clip that are looked at to find out what it is: FFmpeg's 5 MB would be all of it, decoded twice."""

MOST_PLANES = 7
"""PyAV looks for the end of a frame's planes where FFmpeg sets none, and reads on: in frames of 8 channels and more."""


def silence(channels: int, length: int) -> Samples:
    return np.zeros((channels, max(0, length)), np.float32)


def frame_samples(frame: AudioFrame) -> Samples:
    """The samples of a float frame, planar or packed."""
    channels = frame.layout.nb_channels
    if channels <= MOST_PLANES and frame.format.is_planar:
        return frame.to_ndarray().astype(np.float32, copy=False)
    packed = _packed(frame) if frame.format.is_planar else frame
    return packed.to_ndarray().reshape(-1, channels).T.astype(np.float32, copy=False)


def _packed(frame: AudioFrame) -> AudioFrame:
    from av.audio.resampler import AudioResampler

    return AudioResampler(format="flt", layout=frame.layout, rate=frame.sample_rate).resample(frame)[0]


def sound_frame(samples: Samples, rate: int, layout: str) -> AudioFrame:
    """The same the other way: planar where PyAV can fill it, else packed."""
    from av.audio.frame import AudioFrame

    planar = samples.shape[0] <= MOST_PLANES
    shaped = np.ascontiguousarray(samples if planar else samples.T.reshape(1, -1))
    frame = AudioFrame.from_ndarray(shaped, format="fltp" if planar else "flt", layout=layout)
    frame.sample_rate = rate
    return frame


def decoded_sound(container: InputContainer, stream: AudioStream) -> Iterator[Samples]:
    """What a player makes of a track, frame by frame: a damaged packet is left out."""
    import av
    from av.stream import Discard

    channels = stream.codec_context.channels
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all  # the pictures need not be read
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        for frame in frames:
            assert isinstance(frame, av.AudioFrame)
            samples = frame_samples(frame)
            if samples.shape[0] == channels:
                yield samples


def decode_file(path: Path, rate: int, *, mono: bool = True) -> Samples:
    """A whole short file (a clip), resampled to `rate`, mixed down to one channel or two.

    Raises:
        MediaRefused: it does not open, or holds no sound.
    """
    import av

    from activities.media.files.opening import SAFE_OPTIONS, settle_layouts

    parts: list[Samples] = []
    try:
        options = {**SAFE_OPTIONS, "probesize": _PROBE}
        with av.open(str(path), options=options, metadata_errors="replace") as media:
            settle_layouts(media)
            if not media.streams.audio:
                raise MediaRefused(f"{path.name} holds no sound: record or synthesise the description again.")
            resampler = av.AudioResampler("fltp", "mono" if mono else "stereo", rate)
            for frame in media.decode(media.streams.audio[0]):
                if frame.sample_rate == rate and frame.format.name == "s16" and frame.layout.nb_channels == 1:
                    parts.append(frame.to_ndarray().astype(np.float32) * np.float32(1 / 32768))
                    continue
                frame.pts = None
                parts.extend(frame_samples(out) for out in resampler.resample(frame))
            parts.extend(frame_samples(out) for out in resampler.resample(None))
    except av.FFmpegError as error:
        raise MediaRefused(f"The clip {path.name} cannot be decoded: {error}.") from error
    if not parts:
        raise MediaRefused(f"The clip {path.name} is empty: synthesise the description again.")
    return np.concatenate(parts, axis=1)


def fit_length(samples: Samples, length: int) -> Samples:
    """Exactly `length` samples: cut, or padded with silence."""
    if samples.shape[1] >= length:
        return samples[:, :length]
    return np.concatenate((samples, silence(samples.shape[0], length - samples.shape[1])), axis=1)


def stretch(samples: Samples, rate: int, speed_permille: int, length: int) -> Samples:
    """The same voice, faster, at its own pitch (`atempo`: WSOLA), in exactly `length` samples."""
    if speed_permille == 1000:
        return fit_length(samples, length)
    return fit_length(np.concatenate(list(_atempo(samples, rate, speed_permille)), axis=1), length)


def _atempo(samples: Samples, rate: int, speed_permille: int) -> Iterator[Samples]:
    import av
    from av.filter import Graph

    layout = "mono" if samples.shape[0] == 1 else "stereo"
    graph = Graph()
    source = graph.add_abuffer(sample_rate=rate, format="fltp", layout=layout)
    tempo = graph.add("atempo", f"{speed_permille / 1000:.3f}")
    sink = graph.add("abuffersink")
    source.link_to(tempo)
    tempo.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
    frame.sample_rate = rate
    graph.push(frame)
    graph.push(None)
    while True:
        try:
            out = graph.pull()
        except (av.error.EOFError, av.error.BlockingIOError):
            return
        assert isinstance(out, av.AudioFrame)
        yield frame_samples(out)
