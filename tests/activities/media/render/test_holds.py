"""What a render must hold beyond one file: no drift, no click, the same bytes again, and an edit that touches only what
it changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from activities.media.contract import ClipFile, RenderInput, RenderOptions
from activities.media.render.render import render
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
    sha256_of,
    sound,
)
from tests.media_corpus import Corpus
from tests.media_factory import Audio, make_sound
from tests.media_sounds import Sound

RATE = 48_000


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


@pytest.mark.parametrize(
    "name",
    ["film_rate", "variable", "open_gop", "hevc", "vp9_webm", "mono", "ts", "trimmed"],
)
def test_fifty_pauses_drift_in_no_kind_of_file(corpus: Corpus, tmp_path: Path, name: str) -> None:
    """After the last of them picture and sound are as far from each other as they were: less than a frame apart."""
    rate = 44_100 if name == "mono" else RATE
    ends = 3.3 if name == "trimmed" else 3.9
    step = round((ends - 0.5) * rate / 51)
    plan = make_plan([(n * step + 2_000, 6 + n % 5) for n in range(50)], [], rate=rate)
    result = run(corpus[name], plan, tmp_path)
    frame = 1 / 24
    last_was, last_now = pictures(corpus[name])[-1], pictures(result.path)[-1]
    assert last_now[0] == last_was[0]
    assert abs(float(last_now[1] - last_was[1]) - plan.added / rate) < frame / 10
    before, after = sound(corpus[name])[1], sound(result.path)[1]
    start = round((ends - 0.2) * rate)  # behind the last pause and its fade
    heard = low_pass(before[:, start : start + 6000], rate)
    off = [
        np.abs(low_pass(after[:, at : at + 6000], rate) - heard).mean()
        for at in range(start + plan.added - 60, start + plan.added + 61)
    ]
    assert abs(int(np.argmin(off)) - 60) <= (rate // 1000 if name in ("mkv", "vp9_webm") else 1)


@pytest.mark.parametrize("name", ["fdk_lc", "apple_priming", "h264_aac", "three_channels", "surround"])
def test_a_splice_is_no_louder_than_the_encoding(corpus: Corpus, tmp_path: Path, name: str) -> None:
    """Nothing changes in a range that is encoded all the same: what differs at its ends, where packets of two encoders
    meet, is no more than what differs between them."""
    clip = make_sound(tmp_path / "q.wav", Audio("pcm_s16le", RATE, "mono", sound=_hardly_anything), 1.0)
    plan = make_plan([], [(RATE * 3 // 2, RATE)])
    options = RenderOptions(duck_db=0.0, match_loudness=False)
    result = run(corpus[name], plan, tmp_path, clip, options)
    before, after = sound(corpus[name])[1], sound(result.path)[1]
    length = min(before.shape[1], after.shape[1])
    error = np.abs(after[:, :length] - before[:, :length]).max(axis=0)
    (spot,) = result.report.encoded
    inside = float(error[spot.start + 3000 : spot.end - 3000].max())
    assert error[: spot.start - 2048].max() == 0
    for edge in (spot.start, spot.end):
        assert 0 < error[edge - 1024 : edge + 2048].max() <= inside * 1.1


def _hardly_anything(first: int, count: int, rate: int, channels: int) -> Sound:
    return np.full((channels, count), 1e-5, np.float32)


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
    assert sha256_of(one.path) == sha256_of(again.path) == sha256_of(fresh.path)
    assert one.sha256 == again.sha256 == fresh.sha256
    assert not any(spot.reused for spot in one.report.encoded)
    assert all(spot.reused for spot in again.report.encoded)
    edited = replace(given, clips={**clips, "1": ClipFile(second)}, output=tmp_path / "4.mp4")
    after = render(edited)
    assert [spot.reused for spot in after.report.encoded] == [True, False, True]
    scratch = render(replace(edited, output=tmp_path / "5.mp4", cache=tmp_path / "third"))
    assert sha256_of(after.path) == sha256_of(scratch.path) != sha256_of(one.path)
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
