"""Which tracks are used (M7, M10), and what else a file carries (M16)."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from activities.media.probing.probe import Limits, probe
from schema.contracts.outputs import TrackChoice
from schema.errors import MediaRefused
from tests.activities.media.checker import check_sound
from tests.activities.media.real_kit import rendered, video
from tests.activities.media.render_kit import sound
from tests.media_factory import Audio, make_sound
from tests.media_odd import remuxed, with_boxes

# M7, M16: which tracks


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv"])
def test_a_cover_is_not_the_picture(tmp_path: Path, extension: str) -> None:
    source = remuxed(video(tmp_path), tmp_path / f"cover.{extension}", cover=True)
    report, _, result = rendered(source, tmp_path)
    assert (report.video.index, report.video.codec, report.video.frames) == (1, "h264", 100)
    assert any("Track 0" in sentence for sentence in report.rendering + report.warnings)
    with av.open(str(result.path)) as media:
        assert [stream.frames for stream in media.streams.video] == [100]


@pytest.mark.parametrize("extension", ["mkv", "mp4", "ts"])
def test_the_default_sound_is_described_and_a_person_may_choose_another(
    tmp_path: Path, extension: str
) -> None:
    tracks = (Audio(language="eng", layout="mono"), Audio(language="fra"))
    source = remuxed(video(tmp_path, audio=tracks), tmp_path / f"two.{extension}", default=1)
    marked = extension != "ts"  # a transport stream marks none
    report, _, _ = rendered(source, tmp_path)
    assert [sound.language for sound in report.audio] == (["fra", "eng"] if marked else ["eng", "fra"])
    assert report.tracks is not None and not report.tracks.chosen
    report, _, result = rendered(source, tmp_path, tracks=TrackChoice(sound=(1,)))
    assert [sound.language for sound in report.audio] == ["eng", "fra"]
    assert report.tracks is not None and report.tracks.chosen
    with av.open(str(result.path)) as media:
        assert [stream.codec_context.channels for stream in media.streams.audio] == [1, 2]
    for wrong in (
        TrackChoice(sound=(0,)),
        TrackChoice(picture=1),
        TrackChoice(sound=(7,)),
        TrackChoice(sound=(1, 2)),
    ):
        with pytest.raises(MediaRefused, match=r"^Track"):
            probe(source, Limits(), wrong)


def _left(first: int, count: int, rate: int, channels: int) -> Any:
    from tests.media_sounds import broadband

    return broadband(first, count, rate, 2)[:1]


def _right(first: int, count: int, rate: int, channels: int) -> Any:
    from tests.media_sounds import broadband

    return broadband(first, count, rate, 2)[1:]


@pytest.mark.parametrize("chosen", [False, True])
@pytest.mark.parametrize("extension", ["mov", "mxf", "mkv"])
def test_mono_tracks_that_belong_together_are_one_sound(tmp_path: Path, extension: str, chosen: bool) -> None:
    """What QuickTime plays as stereo. Matroska plays one of its tracks: there a person must say."""
    codec = "pcm_s16le"
    mono = tuple(Audio(codec, layout="mono", sound=draw) for draw in (_left, _right))
    picture = {"codec": "mpeg2video", "options": {"g": "12"}} if extension == "mxf" else {}
    made = video(tmp_path, extension, audio=mono, **picture)
    source = made
    if extension == "mov":  # FFmpeg enables the first track alone
        source = with_boxes(
            made,
            tmp_path / "enabled.mov",
            lambda path, track, content: (
                content[:3] + b"\x03" + content[4:] if path[-1] == b"tkhd" else content
            ),
        )
    choice = TrackChoice(sound=(1, 2)) if chosen else None
    report, plan, result = rendered(source, tmp_path, tracks=choice)
    together = chosen or extension != "mkv"
    assert report.audio[0].channels == (2 if together else 1)
    assert report.audio[0].joined == ((1, 2) if together else ())
    stereo = make_sound(tmp_path / "stereo.wav", Audio(codec), 4.0)
    rate, before = sound(stereo)
    for channel in range(2 if together else 1):
        check_sound((rate, before[channel : channel + 1]), _only(result.path, channel, tmp_path), plan)


def _only(path: Path, channel: int, folder: Path) -> Path:
    rate, heard = sound(path)

    def draw(first: int, count: int, _rate: int, _channels: int) -> Any:
        return heard[channel : channel + 1, first : first + count]

    return make_sound(
        folder / f"{channel}.wav", Audio("pcm_s16le", rate, "mono", sound=draw), heard.shape[1] / rate
    )


# M10


@pytest.mark.parametrize(
    ("first", "second", "described"),
    [(22_050, 48_000, 44_100), (48_000, 22_050, 48_000), (8_000, 44_100, 48_000)],
)
def test_every_sound_keeps_its_own_rate(tmp_path: Path, first: int, second: int, described: int) -> None:
    source = video(tmp_path, audio=(Audio(rate=first, language="eng"), Audio(rate=second, language="fra")))
    _, plan, result = rendered(source, tmp_path)
    assert plan.timebase.rate == described
    with av.open(str(result.path)) as media:
        assert [s.codec_context.sample_rate for s in media.streams.audio] == [described, second]
        assert [s.language for s in media.streams.audio][1] == "fra"
    for track in (0, 1):
        check_sound(sound(source, track), result.path, plan, track)


# M16: carried, or named


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv"])
def test_the_start_timecode_is_carried(tmp_path: Path, extension: str) -> None:
    source = video(tmp_path, extension, rate=Fraction(30000, 1001), timecode="01:00:00;00")
    report, plan, result = rendered(source, tmp_path)
    assert report.start_timecode == "01:00:00;00"
    with av.open(str(result.path)) as media:
        assert media.streams.video[0].metadata.get("timecode") == "01:00:00;00"
        (data,) = media.streams.data
        assert data.duration and data.time_base
        lasts = float(data.duration * data.time_base)
        assert lasts == pytest.approx(4.0 + plan.added / plan.timebase.rate, abs=0.05)


def test_words_about_a_film_are_carried(tmp_path: Path) -> None:
    words = {"title": "A film", "artist": "Somebody", "comment": "Made here"}
    source = remuxed(video(tmp_path), tmp_path / "told.mkv", words=words)
    _, _, result = rendered(source, tmp_path)
    with av.open(str(result.path)) as media:
        assert {name: media.metadata.get(name) for name in words} == words


def test_a_sound_that_nothing_decodes_is_named(tmp_path: Path) -> None:
    """As Apple's spatial sound."""
    made = video(tmp_path, audio=(Audio(), Audio()))
    source = with_boxes(
        made,
        tmp_path / "spatial.mp4",
        lambda path, track, content: (
            content.replace(b"mp4a", b"zzzz").replace(b"esds", b"free")
            if path[-1] == b"stsd" and track == 2
            else content
        ),
    )
    report, _, result = rendered(source, tmp_path)
    assert any("Track 2" in sentence and "left out" in sentence for sentence in result.report.reasons)
    assert len(report.audio) == 1
