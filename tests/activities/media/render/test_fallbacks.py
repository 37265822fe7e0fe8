"""What a render cannot copy, it encodes, and no more than that; it says what and why. What it cannot read, it refuses."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from activities.media.contract import RenderOptions
from activities.media.mix.heard import sound_refusal
from activities.media.mix.touched import check_splice
from activities.media.mp4.movie import read_movie
from activities.media.probing.probe import Limits, probe
from schema.errors import MediaRefused
from tests.activities.media.render_kit import make_clip, make_plan, packet_hashes, pictures, run, start_of
from tests.media_corpus import ENCRYPTED, FOREIGN, UNPLAYABLE, Corpus
from tests.media_factory import X264_CLOSED, Audio, Spec, make_video
from tests.media_sounds import Sound

RATE = 48_000
PLAN = make_plan([(RATE, 20), (3 * RATE, 30)], [(RATE + 2000, RATE // 4)])
SPLICED = {"h264_422", "h264_10bit", "h264_422_mkv", "hevc_422"}
NAMES = {"mpeg2": "MPEG-2", "prores": "ProRes", "h264_10bit": "High 10", "hevc_422": "HEVC Rext"}


@pytest.mark.parametrize("name", UNPLAYABLE)
def test_pictures_that_browsers_do_not_play_are_encoded(corpus: Corpus, tmp_path: Path, name: str) -> None:
    result = run(corpus[name], PLAN, tmp_path, make_clip(tmp_path / "c.wav", 0.25))
    assert result.report.picture == "encoded"
    told = " ".join(result.report.reasons)
    assert f"{NAMES.get(name, 'High 4:2:2')}, which browsers do not play: it was encoded to H.264" in told
    with av.open(str(result.path)) as media:
        context = media.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
    before, after = pictures(corpus[name]), pictures(result.path)
    assert [number for number, _ in after] == [number for number, _ in before]
    for (_, was), (number, now) in zip(before, after, strict=True):
        waited = sum(pause.ticks for pause in PLAN.pauses if pause.at <= was * RATE)
        assert abs(now - was - Fraction(waited, RATE)) < Fraction(1, 50), number


@pytest.mark.parametrize("name", sorted(SPLICED))
def test_sound_beside_an_encoded_picture_is_copied(corpus: Corpus, tmp_path: Path, name: str) -> None:
    result = run(corpus[name], PLAN, tmp_path, make_clip(tmp_path / "c.wav", 0.25))
    assert result.report.sound == "spliced"
    kept = set(packet_hashes(corpus[name], "audio")) & set(packet_hashes(result.path, "audio"))
    assert len(kept) > result.report.packets / 3


@pytest.fixture(scope="module")
def two_codecs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = Spec(options=dict(X264_CLOSED), audio=(Audio(language="eng"), Audio("ac3", language="spa")))
    return make_video(tmp_path_factory.mktemp("two") / "two.mp4", spec)


def test_only_the_track_that_needs_it_is_encoded(two_codecs: Path, tmp_path: Path) -> None:
    result = run(two_codecs, PLAN, tmp_path, make_clip(tmp_path / "c.wav", 0.25))
    kept = set(packet_hashes(two_codecs, "audio")) & set(packet_hashes(result.path, "audio"))
    assert len(kept) > result.report.packets / 3
    told = [reason for reason in result.report.reasons if "was encoded to AAC" in reason]
    assert len(told) == 1 and "ac-3" in told[0]
    with av.open(str(result.path)) as media:
        assert [stream.codec_context.name for stream in media.streams.audio] == ["aac", "aac"]


@pytest.mark.parametrize("lost", [1, 3])
@pytest.mark.parametrize("extension", ["mp4", "ts", "mkv"])
@pytest.mark.parametrize("codec", ["aac", "ac3"])
def test_sound_stays_in_time_after_a_lost_packet(
    tmp_path: Path, codec: str, extension: str, lost: int
) -> None:
    spec = Spec(options=dict(X264_CLOSED), audio=(Audio(codec, sound=_late_tone),))
    whole = make_video(tmp_path / "whole.mp4", spec)
    source = _without_packets(whole, tmp_path / f"source.{extension}", range(60, 60 + lost))
    result = run(source, make_plan([], []), tmp_path)
    assert result.report.sound == "encoded"
    assert _onset_s(result.path) == pytest.approx(_onset_s(source), abs=0.002)


def _late_tone(first: int, count: int, rate: int, channels: int) -> Sound:
    at = np.arange(first, first + count) / rate
    return np.tile((0.5 * np.sin(2 * np.pi * 1000 * at) * (at >= 3)).astype(np.float32), (channels, 1))


def _without_packets(source: Path, target: Path, lost: range) -> Path:
    """As a receiver leaves a recording that missed a few packets of sound."""
    with av.open(str(source)) as media, av.open(str(target), "w") as output:
        streams = (media.streams.video[0], media.streams.audio[0])
        copies = {stream.index: output.add_stream_from_template(stream, opaque=True) for stream in streams}
        sounds = 0
        for packet in media.demux(streams):
            if packet.dts is None:
                continue
            sounds += packet.stream is streams[1]
            if packet.stream is not streams[1] or sounds not in lost:
                packet.stream = copies[packet.stream.index]
                output.mux(packet)
    return target


def _onset_s(path: Path) -> float:
    with av.open(str(path)) as media:
        origin = start_of(media)
        for frame in media.decode(media.streams.audio[0]):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.1)
            if len(loud) and frame.pts is not None and frame.time_base is not None:
                return float(frame.pts * frame.time_base - origin) + int(loud[0]) / RATE
    raise AssertionError("nothing is heard")


@pytest.mark.parametrize("name", ["variable", "film_rate", "late_picture", "mkv"])
def test_a_constant_frame_rate_is_made_where_it_is_asked_for(
    corpus: Corpus, tmp_path: Path, name: str
) -> None:
    """Holds included: a held picture is repeated. Sound is spliced as ever."""
    clip, options = make_clip(tmp_path / "c.wav", 0.25), RenderOptions(constant_frame_rate=True)
    result = run(corpus[name], PLAN, tmp_path, clip, options)
    assert result.report.picture == "encoded" and result.report.sound == "spliced"
    rate = Fraction(24000, 1001) if name == "film_rate" else Fraction(25)
    told = f"constant frame rate was asked for: the picture was encoded to H.264 at {float(rate):.5g}"
    assert any(told in why for why in result.report.reasons)
    shown = pictures(result.path)
    assert [at for _, at in shown] == [pytest.approx(n / rate, abs=1e-4) for n in range(len(shown))]
    before = pictures(corpus[name])
    points = [max(pause.at, before[0][1] * RATE + 1) for pause in PLAN.pauses]
    moved = [(at + _added(points, at), number) for number, at in before]
    for number, at in shown:  # what is shown then, or half a picture's time before or after
        around = [moved[max(0, _last(moved, at + off))][1] for off in (-1 / (2 * rate), 0, 1 / (2 * rate))]
        assert number in around
    end = before[-1][1] + Fraction(PLAN.added, RATE) + 1 / rate
    assert abs(shown[-1][1] + 1 / rate - end) <= 1 / rate


def _added(points: list[Fraction | int], at: Fraction) -> Fraction:
    ticks = sum(pause.ticks for point, pause in zip(points, PLAN.pauses, strict=True) if point <= at * RATE)
    return Fraction(ticks, RATE)


def _last(moved: list[tuple[Fraction, int]], at: Fraction) -> int:
    """The index of the last picture that begins by then; -1 before the first."""
    return bisect_right([time for time, _ in moved], at + Fraction(1, 1000)) - 1


@pytest.mark.parametrize("name", ["rotated", "anamorphic", "hdr"])
def test_an_encoded_picture_keeps_shape_rotation_and_colour(
    corpus: Corpus, tmp_path: Path, name: str
) -> None:
    result = run(corpus[name], make_plan([], []), tmp_path, options=RenderOptions(constant_frame_rate=True))
    assert packet_hashes(result.path, "audio") == packet_hashes(corpus[name], "audio")
    with av.open(str(corpus[name])) as was, av.open(str(result.path)) as now:
        old, new = was.streams.video[0], now.streams.video[0]
        for fact in ("width", "height", "sample_aspect_ratio"):
            assert getattr(old, fact) == getattr(new, fact)
        for fact in ("color_primaries", "color_trc", "colorspace"):
            assert getattr(old.codec_context, fact) == getattr(new.codec_context, fact)
        assert next(was.decode(old)).rotation == next(now.decode(new)).rotation


@pytest.mark.parametrize("name", ENCRYPTED)
def test_encrypted_files_are_refused(corpus: Corpus, tmp_path: Path, name: str) -> None:
    for read in (
        lambda: run(corpus[name], make_plan([], []), tmp_path),
        lambda: probe(corpus[name], Limits()),
    ):
        with pytest.raises(MediaRefused, match=r"encrypted .*without protection"):
            read()
    assert not (tmp_path / "out.mp4").exists()


def test_sound_that_hides_its_upper_half_is_never_spliced() -> None:
    """HE-AAC whose tables speak of AAC-LC at half the rate: only a decoded packet shows what it is."""
    movie = read_movie(FOREIGN / "he_aac_implicit.m4a")
    (track,) = movie.of(b"soun")
    assert check_splice(movie, track)[1] == 24_000
    assert "high-efficiency" in (sound_refusal(movie, track, 24_000) or "")
    plain = read_movie(FOREIGN / "fdk_lc.m4a")
    assert sound_refusal(plain, plain.of(b"soun")[0], RATE) is None
