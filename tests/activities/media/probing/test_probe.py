"""What probe says of every kind of file, and why it refuses others."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path

import pytest

from activities.media.probing.probe import Limits, probe
from schema.contracts.media import Fraction, MediaReport
from schema.errors import MediaRefused
from tests.media_corpus import CORPUS, ENCRYPTED, Corpus
from tests.media_factory import Audio, Spec, make_sound, make_video


def report_of(corpus: Corpus, name: str) -> MediaReport:
    return probe(corpus[name], Limits())


def refusal_of(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(MediaRefused) as refused:
        probe(path, limits or Limits())
    return refused.value.message


@pytest.mark.parametrize("name", CORPUS)
def test_every_kind_is_measured(corpus: Corpus, name: str) -> None:
    spec = CORPUS[name][1]
    report = report_of(corpus, name)
    video = report.video
    assert report.size_bytes == corpus[name].stat().st_size
    assert (video.width, video.height) == (spec.width, spec.height)
    assert video.frames == len([n for n in range(spec.frames) if not spec.variable or n % 3 != 1])
    assert video.variable_frame_rate is spec.variable
    if not spec.variable:
        assert video.frame_rate == Fraction(num=spec.rate.numerator, den=spec.rate.denominator)
    assert abs(video.duration_ms - float(spec.frames / spec.rate) * 1000) <= 1
    assert len(report.audio) == len(spec.audio)
    assert report.has_audio is bool(spec.audio)
    assert report.keyframes_ms[0] == video.start_ms


@pytest.mark.parametrize(
    ("name", "container", "codec"),
    [
        ("h264_aac", "mp4", "h264"),
        ("hevc", "mp4", "hevc"),
        ("vp9_webm", "matroska", "vp9"),
        ("av1", "mp4", "av1"),
        ("mkv", "matroska", "h264"),
        ("ts", "mpegts", "h264"),
    ],
)
def test_container_and_codec(corpus: Corpus, name: str, container: str, codec: str) -> None:
    report = report_of(corpus, name)
    assert (report.container, report.video.codec) == (container, codec)


def test_what_a_file_carries_beside_its_streams(corpus: Corpus) -> None:
    assert report_of(corpus, "rotated").video.rotation == 90
    assert report_of(corpus, "h264_aac").video.rotation == 0
    assert report_of(corpus, "drop_frame").start_timecode == "01:00:00;00"
    assert report_of(corpus, "hdr").video.hdr
    assert not report_of(corpus, "hevc").video.hdr
    assert report_of(corpus, "anamorphic").video.sample_aspect_ratio == Fraction(num=4, den=3)
    assert report_of(corpus, "fragmented").fragmented
    assert not report_of(corpus, "faststart").fragmented
    assert [track.language for track in report_of(corpus, "two_tracks").audio] == ["eng", "spa"]
    assert report_of(corpus, "surround").audio[0].layout == "5.1"
    for name in ("chapters", "mkv"):
        assert report_of(corpus, name).chapters == ((0, 1500, "Opening"), (1500, 4000, "The rest"))


def test_streams_that_start_late_or_end_early(corpus: Corpus) -> None:
    late = report_of(corpus, "late_picture")
    assert (late.video.start_ms, late.audio[0].start_ms, late.duration_ms) == (400, 0, 4400)
    sound = report_of(corpus, "late_sound")
    assert sound.video.start_ms == 0
    assert sound.audio[0].start_ms == pytest.approx(500, abs=25)  # less the encoder's delay
    assert report_of(corpus, "long_sound").duration_ms == 5000
    assert report_of(corpus, "short_sound").duration_ms == 4000
    assert report_of(corpus, "ts").audio[0].start_ms == 0  # its clock began elsewhere


def test_keyframes_are_where_the_encoder_put_them(corpus: Corpus) -> None:
    assert report_of(corpus, "h264_aac").keyframes_ms == (0, 1000, 2000, 3000)
    assert report_of(corpus, "no_b_frames").keyframes_ms == (0,)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("opus", "OPUS"),
        ("mp3", "MP3"),
        ("ac3", "AC3"),
        ("vp9_webm", "OPUS"),
    ],
)
def test_sound_that_cannot_be_spliced(corpus: Corpus, name: str, words: str) -> None:
    report = report_of(corpus, name)
    assert not report.sound_can_be_spliced
    assert words in (report.sound_refusal or "")


@pytest.mark.parametrize("name", ["h264_aac", "mono", "surround", "late_sound", "mkv", "ts", "fragmented"])
def test_sound_that_can_be_spliced(corpus: Corpus, name: str) -> None:
    report = report_of(corpus, name)
    assert report.sound_refusal is None
    assert report.sound_can_be_spliced


@pytest.mark.parametrize("extension", ["avi", "flv"])
def test_a_container_that_knows_no_time_before_its_start(tmp_path: Path, extension: str) -> None:
    spec = Spec(audio=(Audio("libmp3lame", 44_100),))
    report = probe(make_video(tmp_path / f"old.{extension}", spec), Limits())
    assert (report.container, report.video.frames) == (extension, spec.frames)


def test_truncated(corpus: Corpus, tmp_path: Path) -> None:
    for name in ("h264_aac", "faststart"):
        cut = tmp_path / f"{name}.mp4"
        cut.write_bytes(corpus[name].read_bytes()[:40_000])
        assert "truncated" in refusal_of(cut)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(corpus["mkv"].read_bytes()[:40_000])
    assert "truncated" in refusal_of(cut)


def test_not_a_video(tmp_path: Path, corpus: Corpus) -> None:
    text = tmp_path / "letter.mp4"
    text.write_text("Dear studio,\n" * 1000)
    assert "not a video" in refusal_of(text)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    assert "empty" in refusal_of(empty)
    assert "no file" in refusal_of(tmp_path / "missing.mp4")


def test_a_box_larger_than_any_disk(corpus: Corpus, tmp_path: Path) -> None:
    data = bytearray(corpus["h264_aac"].read_bytes())
    at = data.index(b"mdat") - 4
    data[at : at + 16] = b"\0\0\0\1mdat" + b"\xff" * 8
    broken = tmp_path / "huge.mp4"
    broken.write_bytes(data)
    assert "truncated" in refusal_of(broken)


def test_a_playlist_opens_no_other_file(tmp_path: Path, corpus: Corpus) -> None:
    shutil.copy(corpus["ts"], tmp_path / "inner.ts")
    playlist = tmp_path / "list.mp4"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ninner.ts\n#EXT-X-ENDLIST\n")
    assert "not a video" in refusal_of(playlist)


def test_sound_alone(tmp_path: Path) -> None:
    assert "no picture" in refusal_of(make_sound(tmp_path / "sound.m4a", Audio(), 1.0))
    with wave.open(str(tmp_path / "sound.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16_000))
    assert "no picture" in refusal_of(tmp_path / "sound.wav")


@pytest.mark.parametrize("name", ENCRYPTED)
def test_encrypted(corpus: Corpus, name: str) -> None:
    assert "encrypted" in refusal_of(corpus[name])


def test_limits(corpus: Corpus) -> None:
    path = corpus["h264_aac"]
    assert "limit is 0:00:03" in refusal_of(path, Limits(max_duration_ms=3999))
    assert probe(path, Limits(max_duration_ms=4000)).duration_ms == 4000
    assert "limit is 0.0 MiB" in refusal_of(path, Limits(max_bytes=1000))


def test_recordings_that_were_joined_end_to_end(corpus: Corpus, tmp_path: Path) -> None:
    """The second lies at the times of the first: no sound or picture of it would be heard or seen."""
    joined = tmp_path / "joined.ts"
    joined.write_bytes(corpus["ts"].read_bytes() * 2)
    assert "joined end to end. Export the video again" in refusal_of(joined)


def test_a_picture_too_small_to_be_one(tmp_path: Path) -> None:
    tiny = make_video(tmp_path / "tiny.mp4", Spec(seconds=0.2, width=32, height=8, audio=()))
    assert "32 x 8" in refusal_of(tiny)


def test_a_file_of_one_picture(tmp_path: Path) -> None:
    one = make_video(tmp_path / "one.mp4", Spec(seconds=0.04, audio=()))
    report = probe(one, Limits())
    assert (report.video.frames, report.duration_ms) == (1, 40)


def test_a_transport_stream_of_one_group_of_pictures(tmp_path: Path) -> None:
    report = probe(make_video(tmp_path / "short.ts", Spec(seconds=0.4)), Limits())
    assert (report.video.frames, report.keyframes_ms) == (10, (report.video.start_ms,))


def test_progress_is_reported_while_reading(tmp_path: Path) -> None:
    seen: list[float] = []
    path = make_video(tmp_path / "long.mp4", Spec(seconds=90, width=64, height=64))
    probe(path, Limits(), progress=lambda fraction, _: seen.append(fraction))
    assert seen and seen == sorted(seen) and seen[-1] <= 1
