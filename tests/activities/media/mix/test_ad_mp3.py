"""The descriptions alone: in time, tagged, at the loudness asked for, and silence costs nothing."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from activities.media.mix.ad_mp3 import LOUDNESS_LUFS, write_ad_mp3
from activities.media.sound.loudness import measure
from tests.activities.media.mix.ad_kit import RATE, plan_of, spoken


def decoded(path: Path) -> tuple[np.ndarray, int]:
    with av.open(str(path)) as media:
        frames = [frame.to_ndarray()[0] for frame in media.decode(audio=0)]
        return np.concatenate(frames), media.streams.audio[0].rate


@pytest.mark.parametrize("rate", [48_000, 44_100, 32_000, 96_000])
def test_each_description_is_heard_where_the_plan_says(tmp_path: Path, rate: int) -> None:
    length = spoken(tmp_path / "clip.flac", 0.5, rate)
    starts = [rate * 2, int(rate * 2.7), rate * 9]
    plan = plan_of(starts, length, rate * 12, rate)
    clips = {placement.cue_id: tmp_path / "clip.flac" for placement in plan.placements}
    output = tmp_path / "ad.mp3"
    write_ad_mp3(plan, clips, output, title="The lighthouse", language="en")
    sound, out_rate = decoded(output)
    assert abs(len(sound) / out_rate - 12) < 0.06
    for start in starts:
        at = int(start / rate * out_rate)
        window = np.abs(sound[at - out_rate // 5 : at + out_rate // 5])
        onset = int(np.argmax(window > 0.05)) - out_rate // 5
        assert abs(onset) < out_rate * 0.012, f"{onset} samples off"
    loud = np.concatenate([sound[int(s / rate * out_rate) :][: out_rate // 2] for s in starts])
    measured = measure([np.tile(loud, 3)[None].astype(np.float32)], out_rate, "mono").lufs
    assert measured is not None
    assert abs(measured - LOUDNESS_LUFS) < 1


def test_it_says_what_it_is_and_in_which_language(tmp_path: Path) -> None:
    length = spoken(tmp_path / "clip.flac", 0.3)
    output = tmp_path / "ad.mp3"
    plan = plan_of([RATE], length, RATE * 3)
    write_ad_mp3(plan, {"d0": tmp_path / "clip.flac"}, output, title="The lighthouse", language="es")
    with av.open(str(output)) as media:
        assert media.metadata["title"] == "The lighthouse: audio description (es)"
        assert media.metadata["language"] == "spa", "three letters, as ID3 asks"


def test_the_same_plan_gives_the_same_bytes_and_silence_is_quiet(tmp_path: Path) -> None:
    length = spoken(tmp_path / "clip.flac", 0.3)
    plan = plan_of([RATE * 4], length, RATE * 8)
    made = []
    for name in ("one.mp3", "two.mp3"):
        write_ad_mp3(plan, {"d0": tmp_path / "clip.flac"}, tmp_path / name, title="t", language="en")
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    sound, rate = decoded(tmp_path / "one.mp3")
    assert np.abs(sound[: int(3.9 * rate)]).max() < 1e-3
    assert np.abs(sound[int(4.5 * rate) :]).max() < 1e-3


def test_a_plan_without_descriptions_is_a_silent_file(tmp_path: Path) -> None:
    write_ad_mp3(plan_of([], 0, RATE * 5), {}, tmp_path / "ad.mp3", title="t", language="en")
    sound, rate = decoded(tmp_path / "ad.mp3")
    assert abs(len(sound) / rate - 5) < 0.06
    assert np.abs(sound).max() < 1e-3


@pytest.mark.parametrize("rate", [48_000, 44_100, 32_000])
def test_ten_minutes_are_ten_minutes_by_their_bytes(tmp_path: Path, rate: int) -> None:
    """Players that find no table of contents tell length and place by the rate."""
    length = spoken(tmp_path / "clip.flac", 0.5, rate)
    starts = [rate * 60 * minute for minute in range(1, 10, 2)]
    plan = plan_of(starts, length, rate * 600, rate)
    clips = {placement.cue_id: tmp_path / "clip.flac" for placement in plan.placements}
    write_ad_mp3(plan, clips, tmp_path / "ad.mp3", title="t", language="en")
    with av.open(str(tmp_path / "ad.mp3")) as media:
        assert media.duration is not None
        assert media.duration / 1_000_000 == pytest.approx(600, abs=0.05)
        stream = media.streams.audio[0]
        sizes = [packet.size for packet in media.demux(stream) if packet.size]
    assert len(sizes) == -(-600 * rate // 1152)
    assert abs(sum(sizes[: len(sizes) // 2]) - len(sizes) // 2 * 144 * 96_000 / rate) < 500
