"""The second pair of eyes sees what is wrong with a render, in whatever way it came about; and nothing where all is
right."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.packet import Packet

from activities.media.contract import (
    ClipFile,
    RenderDiffers,
    RenderInput,
    RenderOptions,
    RenderResult,
    TextTrack,
)
from activities.media.render.render import render
from activities.media.verify.verify import verify
from activities.report.facts import render_with_facts
from schema.contracts.media import Tracks
from tests.activities.media.render_kit import make_clip, make_plan
from tests.media_corpus import CORPUS, RARE, UNPLAYABLE, Corpus
from tests.media_factory import BITEXACT, X264_CLOSED, Audio, Spec, make_video

RATE = 48_000
PAUSES = [(RATE + 17, 40), (3 * RATE, 60)]
SPOKEN = [(RATE + 3000, RATE // 4)]


def _asked(source: Path, folder: Path, pauses: list[tuple[int, int]] = PAUSES, **more: Any) -> RenderInput:
    rate = 44_100 if source.stem == "mono" else RATE
    plan = make_plan(pauses, SPOKEN, rate=rate)
    clip = ClipFile(make_clip(folder / "clip.wav", 0.25, rate))
    return RenderInput(source, plan, {"0": clip}, folder / "out.mp4", folder / "cache", **more)


@pytest.mark.parametrize("name", [*CORPUS, *RARE, *UNPLAYABLE])
def test_nothing_is_said_of_a_render_that_is_right(corpus: Corpus, tmp_path: Path, name: str) -> None:
    asked = _asked(corpus[name], tmp_path)
    verify(asked, render(asked))


@pytest.mark.parametrize(
    "options",
    [
        RenderOptions(both_tracks=True),
        RenderOptions(fragmented=True),
        RenderOptions(constant_frame_rate=True),
        RenderOptions(ambience="held", loudness_lufs=-23.0),
    ],
    ids=["both tracks", "fragments", "constant rate", "loudness"],
)
def test_nothing_is_said_whatever_is_asked_for(
    corpus: Corpus, tmp_path: Path, options: RenderOptions
) -> None:
    text = TextTrack(((0, 900, "Hello"),), "en", "Captions")
    asked = _asked(corpus["two_tracks"], tmp_path, options=options, language="en", texts=(text,))
    verify(asked, render(asked))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[RenderInput, RenderResult]:
    folder = tmp_path_factory.mktemp("good")
    spec = Spec(
        options=dict(X264_CLOSED),
        sar=Fraction(4, 3),
        color={"color_primaries": 1, "color_trc": 1, "colorspace": 1},
        audio=(Audio(language="eng"), Audio(language="fra")),
    )
    source = make_video(folder / "source.mp4", spec)
    asked = _asked(source, folder, language="en")
    result = render(asked)
    verify(asked, result)
    return asked, result


def _copy(
    source: Path,
    target: Path,
    keep: Callable[[Packet[Any], int], bool] = lambda packet, number: True,
    change: Callable[[Any], None] = lambda video: None,
) -> Path:
    """The render as a muxer of FFmpeg's writes it again, but for what is wrong with it."""
    options = BITEXACT | {"video_track_timescale": "12800"}
    with av.open(str(source)) as media, av.open(str(target), "w", options=options) as output:
        kept = [*media.streams.video, *media.streams.audio]
        streams = {s.index: output.add_stream_from_template(s, opaque=True) for s in kept}
        for stream in kept:
            streams[stream.index].metadata["language"] = stream.metadata.get("language", "und")
        change(streams[kept[0].index])
        counts = dict.fromkeys(streams, 0)
        for packet in media.demux(kept):
            if packet.size:
                index = packet.stream.index
                counts[index] += 1
                if keep(packet, counts[index] - 1):
                    packet.stream = streams[index]
                    output.mux(packet)
    return target


def _aspect(video: Any) -> None:
    video.codec_context.sample_aspect_ratio = Fraction(1)


def _colour(video: Any) -> None:
    video.codec_context.color_primaries = 9


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "a picture is missing": (r"99 pictures, and the source 100", {
        "keep": lambda packet, number: packet.stream.type != "video" or number != 99
    }),
    "the sound ends early": (r"sound ends|lasts", {
        "keep": lambda packet, number: packet.stream.type != "audio" or number < 60
    }),
    "there is no sound": (r"no sound", {"keep": lambda packet, number: packet.stream.type != "audio"}),
    "another aspect": (r"pixels are 1 wide, and the source's 4/3", {"change": _aspect}),
    "another colour": (r"colour primaries are 9, and the source's 1", {"change": _colour}),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_wrong_is_named(good: tuple[RenderInput, RenderResult], tmp_path: Path, fault: str) -> None:
    asked, result = good
    told, how = WRONG[fault]
    bad = replace(result, path=_copy(result.path, tmp_path / "bad.mp4", **how))
    with pytest.raises(RenderDiffers, match=told):
        verify(asked, bad)


@pytest.mark.parametrize(
    ("pauses", "told"),
    [
        (
            [(RATE // 2, 40), (3 * RATE, 60)],
            r"Picture 1[23] is shown at 1\.3\d* s, and is planned at 0\.[45]",
        ),
        ([(RATE + 17, 40), (3 * RATE, 61)], r"Picture 7[56] is shown at"),
        ([(RATE + 17, 40)], r"Picture 7[56] is shown at 3\.8\d* s, and is planned at 5\.1"),
    ],
    ids=["held elsewhere", "held too long", "not held"],
)
def test_a_picture_that_is_held_otherwise_than_planned_is_seen(
    good: tuple[RenderInput, RenderResult], tmp_path: Path, pauses: list[tuple[int, int]], told: str
) -> None:
    asked, result = good
    other = render(_asked(asked.source, tmp_path, pauses, language="en"))
    with pytest.raises(RenderDiffers, match=told):
        verify(asked, replace(result, path=other.path))


def _patched(source: Path, target: Path, *changes: tuple[bytes, bytes]) -> Path:
    data = source.read_bytes()
    for old, new in changes:
        assert old in data and len(old) == len(new)
        data = data.replace(old, new, 1)
    target.write_bytes(data)
    return target


def test_a_coding_mark_that_players_refuse_is_seen(
    good: tuple[RenderInput, RenderResult], tmp_path: Path
) -> None:
    asked, result = good
    bad = _patched(result.path, tmp_path / "bad.mp4", (b"avc1\0\0\0\0\0\0\0\1", b"avc3\0\0\0\0\0\0\0\1"))
    with pytest.raises(RenderDiffers, match="marked as avc3, and the source's is avc1"):
        verify(asked, replace(result, path=bad))


def test_a_turned_picture_is_seen(good: tuple[RenderInput, RenderResult], tmp_path: Path) -> None:
    asked, result = good
    upright = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    turned = struct.pack(">9i", -65536, 0, 0, 0, -65536, 0, 0, 0, 1 << 30)
    data = bytearray(result.path.read_bytes())
    at = data.index(upright, data.index(b"tkhd"))
    data[at : at + 36] = turned
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(data)
    with pytest.raises(RenderDiffers, match="turned by 180 degrees, and the source by 0"):
        verify(asked, replace(result, path=bad))


def test_a_lost_language_is_seen(good: tuple[RenderInput, RenderResult], tmp_path: Path) -> None:
    asked, result = good
    packed = {
        code: struct.pack(">HH", sum((ord(c) - 0x60) << s for c, s in zip(code, (10, 5, 0), strict=True)), 0)
        for code in ("fra", "und", "eng")
    }
    bad = _patched(result.path, tmp_path / "bad.mp4", (packed["fra"], packed["und"]))
    with pytest.raises(RenderDiffers, match="language fra"):
        verify(asked, replace(result, path=bad))


def test_a_picture_at_a_hold_that_no_decoder_takes_is_seen(
    good: tuple[RenderInput, RenderResult], tmp_path: Path
) -> None:
    asked, result = good
    data = bytearray(result.path.read_bytes())
    with av.open(str(result.path)) as media:
        for packet in media.demux(media.streams.video[0]):
            at = packet.pts and packet.time_base and float(packet.pts * packet.time_base)
            if packet.size and at and at > 1.7 and packet.pos is not None:
                data[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(data)
    with pytest.raises(RenderDiffers, match="cannot be decoded"):
        verify(asked, replace(result, path=bad))


def test_holds_are_decoded_where_a_picture_is_not_the_sources_bit_for_bit(
    good: tuple[RenderInput, RenderResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, result = good
    decoded: list[int] = []

    def counted(path: Path, wanted: Sequence[float], *_: object, **__: object) -> list[float]:
        decoded.append(len(wanted))
        return []

    monkeypatch.setattr("activities.media.verify.verify.undecodable", counted)
    verify(asked, result)
    with av.open(str(result.path)) as media:
        packet = next(packet for packet in media.demux(video=0) if packet.pts and packet.pos)
        at = packet.pos + packet.size // 2
    data = bytearray(result.path.read_bytes())
    data[at] ^= 1
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(data)
    verify(asked, replace(result, path=bad))
    assert decoded == [2 + 2 * len(PAUSES)]


def test_what_cannot_be_opened_is_not_delivered(
    good: tuple[RenderInput, RenderResult], tmp_path: Path
) -> None:
    asked, result = good
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(result.path.read_bytes()[:200])
    with pytest.raises(RenderDiffers, match="cannot be read again"):
        verify(asked, replace(result, path=bad))


def test_the_report_says_that_it_was_verified(corpus: Corpus, tmp_path: Path) -> None:
    asked = _asked(corpus["h264_aac"], tmp_path)
    said: list[str] = []
    made = render_with_facts(asked, None, lambda _, words: said.append(words))
    assert made.facts.verified and "verifying" in said
    unseen = render_with_facts(asked, None, lambda _, words: None, verified=False)
    assert not unseen.facts.verified and unseen.facts.sha256 == made.facts.sha256


def test_a_render_that_differs_leaves_no_file(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that drops a picture, for once."""
    from activities.report import facts

    def careless(asked: RenderInput, progress: Any) -> RenderResult:
        result = render(asked)
        bad = _copy(
            result.path,
            tmp_path / "bad.mp4",
            lambda packet, number: packet.stream.type != "video" or number != 99,
        )
        bad.replace(result.path)
        return result

    monkeypatch.setattr(facts, "render", careless)
    asked = _asked(corpus["h264_aac"], tmp_path)
    with pytest.raises(RenderDiffers, match="was not delivered"):
        render_with_facts(asked, None, lambda _share, _words: None)
    assert not asked.output.exists()


def test_the_tracks_that_were_used_are_told(corpus: Corpus, tmp_path: Path) -> None:
    tracks = Tracks(picture=0, sounds=((2,), (1,)))
    asked = _asked(corpus["two_tracks"], tmp_path, tracks=tracks)
    result = render(asked)
    assert result.tracks == tracks
    verify(asked, result)
