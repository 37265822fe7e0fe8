"""What is heard: ducks, levels, speeds, held ambience, and peaks that keep their ceiling."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from activities.media.contract import RenderOptions
from activities.media.mp4.movie import read_movie
from activities.media.sound.loudness import measure
from tests.activities.media.render_kit import (
    low_pass,
    make_clip,
    make_plan,
    pure_tones,
    run,
    sha256_of,
    sound,
)
from tests.media_corpus import Corpus
from tests.media_factory import X264_CLOSED, Audio, Spec, make_sound, make_video
from tests.media_sounds import Sound

RATE = 48_000


def test_the_duck_goes_down_and_comes_up(twelve_seconds: Path, tmp_path: Path) -> None:
    plan = make_plan([], [(5 * RATE, RATE)], seconds=12)
    clip = make_sound(tmp_path / "quiet.wav", Audio("pcm_s16le", RATE, "mono", sound=_nothing), 1.0)
    result = run(twelve_seconds, plan, tmp_path, clip, RenderOptions(duck_db=8.0))
    before, after = sound(twelve_seconds)[1], sound(result.path)[1]

    def level(start: float, end: float) -> float:
        a, b = (x[:, round(start * RATE) : round(end * RATE)] for x in (after, before))
        return float(20 * np.log10(np.sqrt((a**2).mean() / (b**2).mean())))

    assert level(5.1, 5.9) == pytest.approx(-8, abs=0.1)
    assert level(4.84, 4.86) == pytest.approx(-4, abs=0.6)  # half way down
    assert level(4.4, 4.6) == pytest.approx(0, abs=0.1)
    assert level(6.5, 7) == pytest.approx(0, abs=0.1)


def _nothing(first: int, count: int, rate: int, channels: int) -> Sound:
    return np.full((channels, count), 1e-4, np.float32)


def test_clips_are_as_loud_as_the_programmes_speech(twelve_seconds: Path, tmp_path: Path) -> None:
    plan = make_plan([(5 * RATE, 144)], [(5 * RATE + 2000, 3 * RATE)], seconds=12)
    clip = make_clip(tmp_path / "c.wav", 3.0)
    result = run(twelve_seconds, plan, tmp_path, clip, programme_lufs=-24.0)
    _, after = sound(result.path)
    heard = measure([after[:, 5 * RATE + 2000 : 8 * RATE + 2000]], RATE, "stereo")
    assert heard.lufs == pytest.approx(-24.0, abs=0.5)
    assert result.report.clips[0].shortfall_db == 0
    loud = run(twelve_seconds, plan, tmp_path, clip, programme_lufs=0.0)
    assert loud.report.clips[0].shortfall_db > 3  # true peak stops it, and the report says so


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = Spec(seconds=12, options=dict(X264_CLOSED), audio=(Audio(sound=_loud, bit_rate=256_000),))
    return make_video(tmp_path_factory.mktemp("loud") / "loud.mp4", spec)


def _loud(first: int, count: int, rate: int, channels: int) -> Sound:
    return (pure_tones(first, count, rate, channels) * np.float32(2.8)).astype(np.float32)


@pytest.mark.parametrize("ambience", ["silence", "held"])
def test_a_description_over_a_loud_programme_keeps_the_ceiling(
    loud: Path, tmp_path: Path, ambience: Literal["silence", "held"]
) -> None:
    """Clip and programme, each at the ceiling, would clip together: the clip goes down, and the report says by how
    much. Heard by itself, while the picture waits in silence, it does not."""
    plan = make_plan([(5 * RATE, 144)], [(2 * RATE, 2 * RATE), (5 * RATE + 2000, 2 * RATE)], seconds=12)
    options = RenderOptions(duck_db=3.0, ambience=ambience)
    result = run(loud, plan, tmp_path, make_clip(tmp_path / "c.wav", 2.0), options, programme_lufs=-6.0)
    over, alone = result.report.clips
    _, after = sound(result.path)
    for clip, start in ((over, 2 * RATE), (alone, 5 * RATE + 2000)):
        peak = measure([after[:, start : start + 2 * RATE]], RATE, "stereo").true_peak_dbtp
        assert peak is not None
        assert peak < options.true_peak_dbtp
        if clip.shortfall_db:
            assert peak > options.true_peak_dbtp - 1, "no lower than it must"
    assert over.shortfall_db > alone.shortfall_db + 3 or ambience == "held"
    assert alone.shortfall_db == 0 or ambience == "held"
    again = run(loud, plan, tmp_path, tmp_path / "c.wav", options, programme_lufs=-6.0)
    assert all(spot.reused for spot in again.report.encoded)
    assert again.report.clips == result.report.clips


def test_a_faster_clip_keeps_its_pitch_and_its_exact_length(twelve_seconds: Path, tmp_path: Path) -> None:
    made = make_plan([(5 * RATE, 144)], [(5 * RATE + 2000, RATE * 10 // 12)], seconds=12)
    slow = made.placements[0].model_copy(update={"clip_length": RATE, "speed_permille": 1200})
    plan = made.model_copy(update={"placements": (slow,)})
    result = run(twelve_seconds, plan, tmp_path, make_clip(tmp_path / "c.wav", 1.0), programme_lufs=-20.0)
    _, after = sound(result.path)
    heard = after[0, 5 * RATE + 2000 : 5 * RATE + 2000 + slow.length]
    peak = np.abs(np.fft.rfft(heard)).argmax() * RATE / len(heard)
    assert peak == pytest.approx(700, abs=15)
    rest = after[0, 5 * RATE + 2000 + slow.length + 1024 : 5 * RATE + 144 * 1024 - 1024]
    assert np.abs(rest).max() < 1e-3


def test_held_ambience_is_like_the_room(corpus: Corpus, tmp_path: Path) -> None:
    plan = make_plan([(2 * RATE, 60)], [])
    held = run(corpus["h264_aac"], plan, tmp_path, options=RenderOptions(ambience="held"))
    _, after = sound(held.path)
    inside = low_pass(after[:, 2 * RATE + 12_000 : 2 * RATE + 48_000], RATE, 20_000)
    level = 20 * np.log10(np.sqrt((inside**2).mean()))
    assert -45 < level < -20
    assert sha256_of(held.path) == sha256_of(
        run(corpus["h264_aac"], plan, tmp_path, options=RenderOptions(ambience="held")).path
    )


@pytest.mark.parametrize("at_ms", [100, 700, 3300, 4000])
def test_held_ambience_is_the_rooms_at_either_end_too(corpus: Corpus, tmp_path: Path, at_ms: int) -> None:
    at = at_ms * RATE // 1000
    held = run(
        corpus["h264_aac"], make_plan([(at, 60)], []), tmp_path, options=RenderOptions(ambience="held")
    )
    inside = sound(held.path)[1][:, at + 12_000 : at + 48_000]
    assert -45 < 20 * np.log10(np.sqrt((inside**2).mean()) + 1e-9) < -20


def test_no_ambience_is_held_where_the_programme_has_no_sound(corpus: Corpus, tmp_path: Path) -> None:
    at = 3_600 * RATE // 1000  # it ends at 3 s
    held = run(
        corpus["short_sound"], make_plan([(at, 60)], []), tmp_path, options=RenderOptions(ambience="held")
    )
    assert np.abs(sound(held.path)[1][:, at : at + 60 * 1024]).max() < 1e-3


@pytest.mark.parametrize("pauses", [[], [(3 * RATE, 60)]])
def test_what_the_edit_list_hides_stays_hidden(
    corpus: Corpus, tmp_path: Path, pauses: list[tuple[int, int]]
) -> None:
    """The sound goes on in the file, but not for who listens: also where a description makes the track longer."""
    data, sounds = bytearray(corpus["h264_aac"].read_bytes()), read_movie(corpus["h264_aac"]).of(b"soun")
    (edit,) = sounds[0].edits
    at = data.rfind(b"elst") + 12
    assert int.from_bytes(data[at : at + 4], "big") == edit.length
    data[at : at + 4] = (edit.length // 2).to_bytes(4, "big")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data)
    assert sound(cut)[1].shape[1] == pytest.approx(2 * RATE, abs=1024)
    clip = make_clip(tmp_path / "c.wav", 0.5)
    after = sound(run(cut, make_plan(pauses, [(3 * RATE + 2000, RATE // 2)]), tmp_path, clip).path)[1]
    assert np.abs(after[:, RATE : 2 * RATE]).max() > 0.05
    assert np.abs(after[:, 2 * RATE + 2048 : 3 * RATE]).max() < 1e-3
    assert np.abs(after[:, 3 * RATE + 4000 : 3 * RATE + RATE // 2]).max() > 0.05
    assert np.abs(after[:, 3 * RATE + RATE // 2 + 4048 :]).max(initial=0) < 1e-3


@pytest.mark.parametrize("spoken_at", [3_600, 4_600])
def test_a_pause_after_the_sound_has_ended_counts_once(
    corpus: Corpus, tmp_path: Path, spoken_at: int
) -> None:
    """A description that is spoken in it, or behind it, makes the video no longer."""
    at = 3_500 * RATE // 1000  # the sound ends at 3 s, the picture at 4 s
    length, added = RATE // 5, 60 * 1024
    plan = make_plan([(at, 60)], [(spoken_at * RATE // 1000, length)])
    made = run(corpus["short_sound"], plan, tmp_path, make_clip(tmp_path / "c.wav", 0.2))
    assert made.duration == 4 * RATE + added
    heard = sound(made.path)[1]
    assert heard.shape[1] < 4 * RATE + added + 1024
    assert np.abs(heard[:, spoken_at * RATE // 1000 :][:, 1_000 : length - 1_000]).max() > 0.05
