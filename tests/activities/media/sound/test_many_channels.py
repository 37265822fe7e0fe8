"""A broadcast master may carry more channels than a frame of PyAV shows whole."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from activities.media.files.opening import open_media
from activities.media.probing.probe import Limits, probe
from activities.media.probing.speech_audio import extract_speech
from activities.media.sound.loudness import measure
from activities.media.sound.samples import decoded_sound, frame_samples, sound_frame
from activities.report.facts import measure_sound
from schema.errors import MediaRefused
from tests.activities.media.render_kit import make_plan, run

_RATE = 48_000
_LAYOUTS = {8: "7.1", 16: "hexadecagonal"}


def _master(path: Path, channels: int) -> Path:
    """A second of black with many channels; something is heard in the seventh. QuickTime keeps 7.1 in an order of its
    own."""
    layout = _LAYOUTS[channels]
    samples = np.zeros((_RATE, channels), np.int16)
    samples[:, 6] = 8000 * np.sin(2 * np.pi * 500 * np.arange(_RATE) / _RATE)
    with av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = output.add_stream("pcm_s16le", rate=_RATE, layout=layout)
        for number in range(25):
            picture = av.VideoFrame(64, 48, "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            output.mux(video.encode(picture))
        for start in range(0, _RATE, 1600):
            block = av.AudioFrame.from_ndarray(
                samples[start : start + 1600].reshape(1, -1), format="s16", layout=layout
            )
            block.sample_rate, block.pts, block.time_base = _RATE, start, Fraction(1, _RATE)
            output.mux(audio.encode(block))
        for stream in (video, audio):
            output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("channels", _LAYOUTS)
def test_many_channels_are_listened_to(tmp_path: Path, channels: int) -> None:
    master = _master(tmp_path / "master.mov", channels)
    report = probe(master, Limits())
    assert (report.audio[0].channels, report.audio[0].layout) == (channels, _LAYOUTS[channels])
    found = extract_speech(master, report, tmp_path / "speech.flac")
    assert found.duration_ms == 1000 and not found.silence
    assert found.loudness.integrated_lufs is not None


def test_many_channels_are_rendered(tmp_path: Path) -> None:
    master = _master(tmp_path / "master.mov", 8)
    done = run(master, make_plan([(24_000, 4)], [], seconds=1.0), tmp_path)
    with open_media(done.path) as media:
        heard = np.concatenate(list(decoded_sound(media, media.streams.audio[0])), axis=1)
    assert heard.shape[0] == 8 and abs(heard.shape[1] - _RATE - 4 * 1024) < 2 * 1024
    assert measure_sound(done.path).integrated_lufs is not None


@pytest.mark.parametrize(("channels", "layout"), [(2, "stereo"), *_LAYOUTS.items()])
def test_samples_become_a_frame_and_come_back(channels: int, layout: str) -> None:
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, (channels, 4800)).astype(np.float32)
    frame = sound_frame(samples, _RATE, layout)
    assert np.array_equal(frame_samples(frame), samples)
    planar = av.AudioResampler("fltp", layout, _RATE).resample(frame)[0]
    assert np.array_equal(frame_samples(planar), samples)
    assert measure([samples] * 10, _RATE, layout).lufs is not None


def test_sound_of_no_speakers_is_refused_by_name(tmp_path: Path) -> None:
    """As of films of all directions: there is no way from it to stereo here, and what came out was silence."""
    source = tmp_path / "room.mkv"
    with av.open(str(source), "w") as output:
        picture = output.add_stream("libx264", rate=25)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        sound = output.add_stream("libopus", 48_000, options={"mapping_family": "2"}, layout="ambisonic 1")
        output.mux(picture.encode(av.VideoFrame(64, 64, "yuv420p")))
        frame = av.AudioFrame.from_ndarray(np.zeros((4, 48_000), np.float32), "fltp", "ambisonic 1")
        frame.sample_rate = 48_000
        shape = av.AudioResampler(sound.codec_context.format, "ambisonic 1", 48_000, 960)
        output.mux([packet for one in shape.resample(frame) for packet in sound.encode(one)])
        output.mux([*picture.encode(None), *sound.encode(None)])
    with pytest.raises(MediaRefused, match="ambisonic"):
        probe(source, Limits())
