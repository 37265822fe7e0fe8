"""What a render must hold beyond one file: no drift, no click, the same bytes again, and an edit that touches only what
it changes."""

from __future__ import annotations

import hashlib
import multiprocessing
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from activities.media.contract import ClipFile, RenderInput, RenderOptions
from activities.media.render import render
from activities.media.timeline import Timeline
from schema.errors import Invalid, MediaRefused
from tests.activities.media.render_kit import (
    end_of,
    low_pass,
    make_clip,
    make_plan,
    packet_hashes,
    pictures,
    run,
    sound,
)
from tests.media_corpus import Corpus
from tests.media_factory import X264_CLOSED, Audio, Spec, make_sound, make_video
from tests.media_sounds import Sound

RATE = 48_000


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def twelve_seconds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough for 50 pauses, at a rate whose frames are no whole number of anything."""
    spec = Spec(
        seconds=12,
        rate=Fraction(30000, 1001),
        options=dict(X264_CLOSED),
        audio=(Audio(sound=_pure),),
    )
    return make_video(tmp_path_factory.mktemp("long") / "twelve.mp4", spec)


def _pure(first: int, count: int, rate: int, channels: int) -> Sound:
    """Tones alone: nothing that a coder would say as noise, so that a click has nowhere to hide."""
    at = np.arange(first, first + count) / rate
    wave = 0.2 * np.sin(2 * np.pi * 330 * at) + 0.1 * np.sin(2 * np.pi * 1234.5 * at)
    return np.repeat(wave[None], channels, axis=0).astype(np.float32)


def test_fifty_pauses_do_not_drift(twelve_seconds: Path, tmp_path: Path) -> None:
    plan = make_plan([(n * 11_311 + 5_000, 8 + n % 5) for n in range(50)], [], seconds=12)
    result = run(twelve_seconds, plan, tmp_path)
    timeline, added = Timeline(plan.pauses), plan.added / RATE
    last_was, last_now = pictures(twelve_seconds)[-1], pictures(result.path)[-1]
    assert last_now[0] == last_was[0]
    assert abs(float(last_now[1] - last_was[1]) - added) < 1e-4
    _, before = sound(twelve_seconds)
    _, after = sound(result.path)
    assert after.shape[1] - before.shape[1] == plan.added
    tail = before[:, plan.pauses[-1].at + RATE // 5 : 12 * RATE - 2048]
    start = timeline.to_render(plan.pauses[-1].at + RATE // 5)
    assert np.abs(after[:, start : start + tail.shape[1]] - tail).max() < 2e-3
    assert end_of(result.path) == pytest.approx(end_of(twelve_seconds) + added, abs=1e-3)


def test_no_click_at_splices(twelve_seconds: Path, tmp_path: Path) -> None:
    """The sound outside fades differs from the source's by no more than one encoding does, splices included."""
    plan = make_plan([(3 * RATE + 100, 60), (7 * RATE + 700, 50)], [], seconds=12)
    result = run(twelve_seconds, plan, tmp_path)
    before, after = sound(twelve_seconds)[1], sound(result.path)[1]
    worst = 0.0
    for spot in result.report.encoded:
        for edge in (spot.start, spot.end):
            for source, at in _moved(plan, edge - 2048, edge + 2048):
                if any(abs(source - pause.at) < 7300 for pause in plan.pauses):
                    continue
                worst = max(worst, float(np.abs(after[:, at] - before[:, source]).max()))
    assert 0 < worst < 0.01, "more than 40 dB under the tones"


def _moved(plan, start: int, end: int) -> list[tuple[int, int]]:  # type: ignore[no-untyped-def]
    """(source tick, render tick) of the ticks that play on."""
    timeline = Timeline(plan.pauses)
    rows = [row for row in timeline.between(start, end) if row.source is not None]
    return [(row.source + i, row.render + i) for row in rows for i in range(row.length)]  # type: ignore[operator]


def test_same_inputs_same_bytes_and_an_edit_encodes_one_range(twelve_seconds: Path, tmp_path: Path) -> None:
    first, second = make_clip(tmp_path / "a.wav", 1.0), make_clip(tmp_path / "b.wav", 1.1)
    plan = make_plan(
        [(2 * RATE, 60), (6 * RATE, 60), (10 * RATE, 60)],
        [(2 * RATE + 1000, RATE), (6 * RATE + 60 * 1024 + 1000, RATE), (10 * RATE + 120 * 1024 + 1000, RATE)],
        seconds=12,
    )
    clips = {p.cue_id: ClipFile(first) for p in plan.placements}
    cache = tmp_path / "cache"
    given = RenderInput(twelve_seconds, plan, clips, tmp_path / "1.mp4", cache, programme_lufs=-20)
    one = render(given)
    again = render(replace(given, output=tmp_path / "2.mp4"))
    fresh = render(replace(given, output=tmp_path / "3.mp4", cache=tmp_path / "other"))
    assert _sha256(one.path) == _sha256(again.path) == _sha256(fresh.path)
    assert one.sha256 == again.sha256 == fresh.sha256
    assert not any(spot.reused for spot in one.report.encoded)
    assert all(spot.reused for spot in again.report.encoded)
    edited = replace(given, clips={**clips, "1": ClipFile(second)}, output=tmp_path / "4.mp4")
    after = render(edited)
    assert [spot.reused for spot in after.report.encoded] == [True, False, True]
    scratch = render(replace(edited, output=tmp_path / "5.mp4", cache=tmp_path / "third"))
    assert _sha256(after.path) == _sha256(scratch.path) != _sha256(one.path)
    assert after.sha256 != one.sha256


def test_moving_a_pause_moves_packets(twelve_seconds: Path, tmp_path: Path) -> None:
    """Ranges are known by what they hold, not by where they lie."""
    cache = tmp_path / "cache"
    near, far = (
        make_plan([(2 * RATE, 60), (9 * RATE, 60)], [], seconds=12),
        make_plan([(3 * RATE, 77), (9 * RATE, 60)], [], seconds=12),
    )
    render(RenderInput(twelve_seconds, near, {}, tmp_path / "1.mp4", cache))
    moved = render(RenderInput(twelve_seconds, far, {}, tmp_path / "2.mp4", cache))
    assert [spot.reused for spot in moved.report.encoded] == [False, True]


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
    from activities.media.loudness import measure

    plan = make_plan([(5 * RATE, 144)], [(5 * RATE + 2000, 3 * RATE)], seconds=12)
    clip = make_clip(tmp_path / "c.wav", 3.0)
    result = run(twelve_seconds, plan, tmp_path, clip, programme_lufs=-24.0)
    _, after = sound(result.path)
    heard = measure([after[:, 5 * RATE + 2000 : 8 * RATE + 2000]], RATE, "stereo")
    assert heard.lufs == pytest.approx(-24.0, abs=0.5)
    assert result.report.clips[0].shortfall_db == 0
    loud = run(twelve_seconds, plan, tmp_path, clip, programme_lufs=0.0)
    assert loud.report.clips[0].shortfall_db > 3  # true peak stops it, and the report says so


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
    assert _sha256(held.path) == _sha256(
        run(corpus["h264_aac"], plan, tmp_path, options=RenderOptions(ambience="held")).path
    )


def test_a_killed_render_leaves_nothing_and_ends_alike(twelve_seconds: Path, tmp_path: Path) -> None:
    plan = make_plan([(n * RATE + RATE // 2, 40) for n in range(11)], [], seconds=12)
    given = RenderInput(twelve_seconds, plan, {}, tmp_path / "out" / "o.mp4", tmp_path / "cache")
    given.output.parent.mkdir()
    wanted = render(replace(given, output=tmp_path / "w.mp4", cache=tmp_path / "other"))
    context = multiprocessing.get_context("spawn")
    for wait in (0.5, 0.7):
        child = context.Process(target=render, args=(given,))
        child.start()
        time.sleep(wait)
        child.kill()
        child.join(2)
        assert not child.is_alive()
    assert _sha256(render(given).path) == _sha256(wanted.path)


def test_a_progress_that_raises_stops_it(twelve_seconds: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    given = RenderInput(
        twelve_seconds, make_plan([(RATE, 20)], [], seconds=12), {}, folder / "o.mp4", tmp_path / "cache"
    )

    def stop(share: float, phase: str) -> None:
        if phase == "writing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(given, stop)
    assert list(folder.iterdir()) == []


def test_refusals_say_what_to_do(corpus: Corpus, tmp_path: Path) -> None:
    plan = make_plan([(RATE, 20)], [(RATE + 100, 1000)])
    with pytest.raises(Invalid, match="Description 0 has no clip: synthesise"):
        run(corpus["h264_aac"], plan, tmp_path)
    broken = plan.pauses[0].model_copy(update={"ticks": 1000})
    with pytest.raises(Invalid, match="whole number of packets"):
        run(corpus["h264_aac"], plan.model_copy(update={"pauses": (broken,)}), tmp_path)
    text = tmp_path / "text.mp4"
    text.write_text("not a video" * 100)
    with pytest.raises(MediaRefused):
        run(text, make_plan([(RATE, 20)], []), tmp_path)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(corpus["faststart"].read_bytes()[:60_000])
    with pytest.raises(MediaRefused):
        run(cut, make_plan([(RATE, 20)], []), tmp_path)


def test_no_pauses_no_descriptions_is_the_source(corpus: Corpus, tmp_path: Path) -> None:
    result = run(corpus["h264_aac"], make_plan([], []), tmp_path)
    assert result.report.packets_encoded == 0
    for kind in ("video", "audio"):
        assert packet_hashes(result.path, kind) == packet_hashes(corpus["h264_aac"], kind)
    assert pictures(result.path) == pictures(corpus["h264_aac"])
