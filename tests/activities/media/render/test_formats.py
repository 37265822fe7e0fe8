"""Every kind of source: the picture is held where it was planned, bit for bit the source's; the sound goes on with the
very next sample; nothing drifts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from activities.media.contract import RenderInput, RenderOptions, RenderResult
from activities.media.mix.mixer import Mixer
from activities.media.mix.touched import unrounded
from activities.media.mp4.movie import read_movie
from activities.media.probing.probe import Limits, probe
from activities.media.sound.aac import FRAME
from activities.media.sound.samples import Samples
from activities.media.timeline import Timeline
from schema.plan.programme import programme_input
from schema.vtt import Document, Transcript
from tests.activities.media.render_kit import (
    duration_of,
    end_of,
    low_pass,
    make_clip,
    make_plan,
    nal_hashes,
    packet_hashes,
    pictures,
    run,
    sound,
)
from tests.media_corpus import CORPUS, RARE, Corpus

KINDS = [*CORPUS, *RARE]
REENCODED_SOUND = {
    "vp9_webm", "av1", "ac3", "opus", "mp3", "no_audio", "he_aac", "he_aac_implicit", "he_aac_v2", "eac3", "vorbis"
}  # fmt: skip
REMUXED = {"mkv", "ts", "hevc_ts", "variable_mkv"}
PADDED = {"mp3", "vorbis"}
"""Their last packets say more than is heard, which only decoding shows."""
_NO_WORDS = Transcript(language="en", words=(), provider="none")
ROUNDED = {"mkv", "vp9_webm", "vorbis", "variable_mkv", "from_mkv"}
"""Matroska's clock is a millisecond, and what is copied from it keeps its times."""


def _rate(name: str) -> int:
    return 44_100 if name == "mono" else 48_000


def _plan(name: str):  # type: ignore[no-untyped-def]
    rate = _rate(name)
    pauses = [(rate + 17, 20), (rate * 5 // 2 + 333, 31), (rate * 3, 40)]
    first, second = rate + 17 + 3000, rate * 5 // 2 + 333 + 20 * 1024 - 9000
    return make_plan(pauses, [(first, 14_000), (second, rate)], rate=rate)


@pytest.fixture(scope="module")
def rendered(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    made: dict[str, RenderResult] = {}

    def get(name: str) -> RenderResult:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            clip = make_clip(folder / "clip.wav", 1.0, _rate(name))
            made[name] = run(corpus[name], _plan(name), folder, clip)
        return made[name]

    return get


@pytest.mark.parametrize("name", KINDS)
def test_pictures_are_held_where_planned(corpus: Corpus, rendered, name: str) -> None:  # type: ignore[no-untyped-def]
    plan, result = _plan(name), rendered(name)
    rate = plan.timebase.rate
    before, after = pictures(corpus[name]), pictures(result.path)
    assert [number for number, _ in after] == [number for number, _ in before]
    timeline = Timeline(plan.pauses)
    first = before[0][1]
    slack = Fraction(2, 1000) if name in ROUNDED else Fraction(2, 10_000)
    snapped = Fraction(max((ms for _, ms in result.report.picture_shift_ms), default=0) + 1, 1000)
    for (_, was), (_, now) in zip(before, after, strict=True):
        ticks = was * rate
        moved = sum(p.ticks for p in timeline.pauses if max(p.at, first * rate + 1) <= ticks)
        expected = was + Fraction(moved, rate)
        if was == first:
            expected = Fraction(0)  # a picture that begins late is shown from 0 on
        near_snap = any(0 <= p.at - ticks <= snapped * rate for p in timeline.pauses) and len(
            result.report.picture_shift_ms
        )
        assert abs(now - expected) <= slack or near_snap, (float(was), float(now), float(expected))


@pytest.mark.parametrize("name", KINDS)
def test_picture_packets_are_the_sources(corpus: Corpus, rendered, name: str) -> None:  # type: ignore[no-untyped-def]
    result = rendered(name)
    hashes = nal_hashes if name.endswith("ts") else packet_hashes  # start codes become lengths
    before, after = hashes(corpus[name]), hashes(result.path)
    assert after == before
    assert len(after) >= len(pictures(corpus[name]))
    assert result.report.picture == "copied"


class _Whole:
    """The source's sound, decoded at once by FFmpeg: the truth that the splices are held to."""

    def __init__(self, samples: Samples) -> None:
        self.samples, self.channels, self.span = samples, samples.shape[0], (0, samples.shape[1])

    def read(self, start: int, end: int) -> Samples:
        out = np.zeros((self.channels, end - start), np.float32)
        low, high = max(0, start), min(end, self.samples.shape[1])
        if high > low:
            out[:, low - start : high - start] = self.samples[:, low:high]
        return out


@pytest.mark.parametrize("name", KINDS)
def test_sound_goes_on_with_the_next_sample(corpus: Corpus, rendered, name: str) -> None:  # type: ignore[no-untyped-def]
    plan, result = _plan(name), rendered(name)
    rate, after = sound(result.path)
    assert rate == plan.timebase.rate
    if name == "no_audio":
        before = np.zeros((2, plan.duration), np.float32)
    else:
        before = sound(corpus[name])[1]
    mixer = Mixer(Timeline(plan.pauses), (), (), RenderOptions(), rate)
    ideal = mixer.mix(0, after.shape[1], _Whole(before))
    if name in REENCODED_SOUND and len(before) == 6:  # AAC has no more than bass in the channel for bass
        after[3], ideal[3] = 0, 0
    quiet = np.ones(after.shape[1], np.bool_)
    for start, end, _ in result.report.ducks:
        quiet[max(0, start - 2048) : end + 2048] = False
    error = low_pass(np.where(quiet, after - ideal, 0), rate)
    level = np.sqrt((ideal[:, quiet] ** 2).mean()) + 1e-6
    assert np.sqrt((error[:, quiet] ** 2).mean()) / level < (0.07 if name in REENCODED_SOUND else 0.03)


@pytest.mark.parametrize("name", sorted(set(KINDS) - REENCODED_SOUND))
def test_untouched_sound_packets_are_the_sources(corpus: Corpus, rendered, name: str) -> None:  # type: ignore[no-untyped-def]
    result = rendered(name)
    before, after = (packet_hashes(path, "audio") for path in (corpus[name], result.path))
    assert len(after) == result.report.packets
    copied = result.report.packets - result.report.packets_encoded
    assert copied > len(before) * 0.3
    kept = len(set(before) & set(after))
    assert kept >= len(set(before)) - (result.report.packets_encoded - _plan(name).added // 1024) - 8


@pytest.mark.parametrize("name", KINDS)
def test_duration_is_source_plus_pauses(corpus: Corpus, rendered, name: str) -> None:  # type: ignore[no-untyped-def]
    """As a player tells it; Matroska's clock, and an MP4 of a millisecond's, leave so much open."""
    plan, result = _plan(name), rendered(name)
    expected = end_of(corpus[name]) + plan.added / plan.timebase.rate
    slack = 0.022 if name in ROUNDED else 0.0015
    assert end_of(result.path) == pytest.approx(expected, abs=slack)


@pytest.mark.parametrize("name", sorted(set(KINDS) - REMUXED - REENCODED_SOUND))
def test_tracks_grow_by_the_pauses_to_the_tick(corpus: Corpus, rendered, name: str) -> None:  # type: ignore[no-untyped-def]
    """Sound by exactly the planned samples; pictures by the same, rounded once to the track's own clock."""
    plan, result = _plan(name), rendered(name)
    before, after = read_movie(corpus[name]), read_movie(result.path)
    for was, now in zip(map(unrounded, before.of(b"soun")), after.of(b"soun"), strict=True):
        rooms = result.report.packets * FRAME - len(was.table) * FRAME - plan.added if was.table.end else 0
        assert now.table.end - was.table.end == plan.added + max(0, rooms) or name == "short_sound"
    (was,), (now,) = before.of(b"vide"), after.of(b"vide")
    waited = round(was.lead(before.timescale) * was.timescale)  # a late picture is shown from 0 on
    grown = now.table.end - int(now.table.dts[0]) - was.table.end + int(was.table.dts[0]) - waited
    assert grown == round(Fraction(plan.added * was.timescale, plan.timebase.rate))


@pytest.mark.parametrize("name", KINDS)
def test_the_plan_knows_the_duration_to_the_tick(corpus: Corpus, rendered, name: str) -> None:  # type: ignore[no-untyped-def]
    """What probe found out, planned with, is what the file lasts: rounding to the picture's clock aside, and where
    sound is encoded again, that of the source's edit list to a millisecond."""
    plan, result = _plan(name), rendered(name)
    asked = programme_input(probe(corpus[name], Limits()), _NO_WORDS, Document.of(()), language="en")
    movie = read_movie(result.path)
    finest = max(Fraction(1, track.timescale) for track in movie.of(b"vide"))
    lasts = Fraction(duration_of(movie), movie.timescale)
    slack = Fraction(1, 1000) if name in ROUNDED | REENCODED_SOUND else finest
    if name not in PADDED:
        assert abs(lasts - Fraction(asked.duration + plan.added, plan.timebase.rate)) <= slack
    assert abs(lasts - Fraction(result.duration, plan.timebase.rate)) <= Fraction(1, plan.timebase.rate)


def test_render_input_pickles(corpus: Corpus, tmp_path: Path) -> None:
    import pickle

    given = RenderInput(corpus["h264_aac"], _plan("h264_aac"), {}, tmp_path / "o.mp4", tmp_path / "cache")
    assert pickle.loads(pickle.dumps(given)) == given
