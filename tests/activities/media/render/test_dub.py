"""A dub in the place of the programme's sound: heard where the programme is, on the same pictures."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest

from activities.media.contract import RenderOptions
from activities.media.mp4.movie import read_movie
from schema.errors import Invalid, MediaRefused
from tests.activities.media.render_kit import (
    Samples,
    make_clip,
    make_plan,
    packet_hashes,
    pictures,
    run,
    sound,
)
from tests.media_corpus import Corpus
from tests.media_factory import Audio, make_sound
from tests.media_sounds import Sound

RATE = 48_000
PLAN = make_plan([(RATE, 60), (3 * RATE, 40)], [(RATE + 2000, RATE)])
FIRST = PLAN.pauses[0].ticks
BEEP = 1_250.0


def _beeps(first: int, count: int, rate: int, channels: int) -> Sound:
    """A tone in every second half of a second."""
    at = np.arange(first, first + count)
    tone = 0.4 * np.sin(2 * np.pi * BEEP * at / rate) * (at // (rate // 2) % 2)
    return np.tile(tone.astype(np.float32), (channels, 1))


def _dub(
    path: Path, codec: str = "aac", rate: int = RATE, layout: str = "stereo", seconds: float = 4
) -> Path:
    return make_sound(path, Audio(codec, rate, layout, sound=_beeps), seconds)


def _beep(samples: Samples, start: float, seconds: float = 0.3) -> float:
    """How much of the sound from `start` on is the dub's tone, 0 to 1."""
    part = samples[0, round(start * RATE) :][: round(seconds * RATE)]
    at = 2 * np.pi * BEEP * np.arange(len(part)) / RATE
    power, whole = abs(complex(part @ np.exp(1j * at))) ** 2 * 2 / len(part), float(part @ part)
    return power / max(1e-9, whole)


_MADE = {
    "copied": partial(_dub, codec="aac"),
    "of another rate": partial(_dub, codec="aac", rate=44_100),
    "wav": partial(_dub, codec="pcm_s16le", rate=44_100, layout="mono"),
    "mp3": partial(_dub, codec="mp3"),
}
_SUFFIX = {"copied": "m4a", "of another rate": "mp4", "wav": "wav", "mp3": "mp3"}


@pytest.mark.parametrize("kind", list(_MADE))
def test_the_dub_is_heard_where_the_programme_is(corpus: Corpus, tmp_path: Path, kind: str) -> None:
    dub = _MADE[kind](tmp_path / f"dub.{_SUFFIX[kind]}")
    clip = make_clip(tmp_path / "c.wav", 1.0)
    result = run(corpus["h264_aac"], PLAN, tmp_path, clip, dub=dub, language="es")
    described, added = sound(result.path)[1], FIRST / RATE
    for at, shift in ((0.6, 0.0), (1.6 + added, 0.0), (2.6 + added, 0.0)):
        assert _beep(described, at + shift) > 0.95, f"the dub's tone is not heard at {at} s"
    assert np.abs(described[:, round(0.1 * RATE) : round(0.4 * RATE)]).max() < 0.02
    assert np.abs(described[:, RATE + 4000 : RATE + 40_000]).max() > 0.05, "the description is not heard"
    assert packet_hashes(result.path) == packet_hashes(corpus["h264_aac"])
    assert [number for number, _ in pictures(result.path)] == list(range(100))
    with av.open(str(result.path)) as media:
        assert [stream.metadata["language"] for stream in media.streams.audio] == ["spa"]
    assert result.report.sound == ("spliced" if kind == "copied" else "encoded")
    copied = set(packet_hashes(result.path, "audio")) & set(packet_hashes(dub, "audio"))
    assert bool(len(copied) > 30) == (kind == "copied")


@pytest.mark.parametrize("kind", list(_MADE))
def test_the_dub_is_in_time(corpus: Corpus, tmp_path: Path, kind: str) -> None:
    dub = _MADE[kind](tmp_path / f"dub.{_SUFFIX[kind]}")
    result = run(corpus["h264_aac"], make_plan([], []), tmp_path, dub=dub)
    with av.open(str(result.path)) as media:
        frame = next(media.decode(media.streams.audio[0]))
        begins = round((frame.pts or 0) * (frame.time_base or 0) * RATE)  # `sound` overlooks a little
    onset = begins + int(np.argmax(np.abs(sound(result.path)[1][0]) > 0.1))
    assert onset == pytest.approx(RATE // 2, abs=RATE // 500)


def test_the_original_stays_beside_it(corpus: Corpus, tmp_path: Path) -> None:
    dub, clip = _dub(tmp_path / "dub.m4a"), make_clip(tmp_path / "c.wav", 1.0)
    options = RenderOptions(both_tracks=True)
    result = run(corpus["h264_aac"], PLAN, tmp_path, clip, options, dub=dub, language="es")
    assert [track.enabled for track in read_movie(result.path).of(b"soun")] == [True, False]
    described, original = sound(result.path)[1], sound(result.path, 1)[1]
    later = 2.6 + FIRST / RATE
    assert _beep(described, later) > 0.95
    assert _beep(original, later) < 0.1
    before = sound(corpus["h264_aac"])[1][:, 2 * RATE : 2 * RATE + RATE // 2]
    moved = original[:, 2 * RATE + FIRST :][:, : before.shape[1]]
    assert np.abs(moved - before).max() < 0.2


def test_other_tracks_of_the_source_are_carried(corpus: Corpus, tmp_path: Path) -> None:
    dub = _dub(tmp_path / "dub.m4a")
    result = run(corpus["two_tracks"], PLAN, tmp_path, make_clip(tmp_path / "c.wav", 1.0), dub=dub)
    with av.open(str(result.path)) as media:
        assert len(media.streams.audio) == 2
    assert _beep(sound(result.path)[1], 0.6) > 0.95
    assert _beep(sound(result.path, 1)[1], 0.6) < 0.1


def test_a_video_without_sound_takes_a_dub(corpus: Corpus, tmp_path: Path) -> None:
    dub, clip = _dub(tmp_path / "dub.m4a"), make_clip(tmp_path / "c.wav", 1.0)
    result = run(corpus["no_audio"], PLAN, tmp_path, clip, dub=dub)
    assert _beep(sound(result.path)[1], 2.6 + FIRST / RATE) > 0.95
    assert packet_hashes(result.path) == packet_hashes(corpus["no_audio"])
    assert result.report.reasons[0] == "The programme's sound is the dub's.", "nothing else was done to it"


def test_the_same_dub_gives_the_same_bytes(corpus: Corpus, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "c.wav", 1.0)
    first, again = tmp_path / "first", tmp_path / "again"
    for folder in (first, again):
        folder.mkdir()
        dub = _dub(folder / f"{folder.name}.wav", "pcm_s16le")
        run(corpus["h264_aac"], PLAN, folder, clip, dub=dub)
    assert (first / "out.mp4").read_bytes() == (again / "out.mp4").read_bytes()


def test_a_file_without_sound_is_no_dub(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(MediaRefused, match="holds no sound"):
        run(corpus["h264_aac"], make_plan([], []), tmp_path, dub=corpus["no_audio"])
    with pytest.raises(Invalid, match="not there"):
        run(corpus["h264_aac"], make_plan([], []), tmp_path, dub=tmp_path / "none.wav")
