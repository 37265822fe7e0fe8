"""Tracks beside the described sound: the original, texts to embed, chapters, other languages; and a delivery loudness."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from activities.media.contract import RenderOptions, TextTrack
from activities.media.mp4.movie import read_movie
from activities.media.render.delivery import render_options
from activities.media.sound.loudness import measure
from activities.report.facts import facts_of
from schema.contracts.media import Tracks
from schema.contracts.outputs import Loudness, SoundPreferences
from tests.activities.media.render_kit import (
    make_clip,
    make_plan,
    packet_hashes,
    pure_tones,
    run,
    sha256_of,
    sound,
)
from tests.media_corpus import Corpus
from tests.media_factory import X264_CLOSED, Audio, Spec, make_sound, make_video
from tests.media_sounds import Sound

RATE = 48_000
PLAN = make_plan([(RATE, 60), (3 * RATE, 40)], [(RATE + 2000, RATE)])
ADDED_MS = (60 * 1024 * 1000 // RATE, 100 * 1024 * 1000 // RATE)


def test_both_sounds_are_there_and_the_described_one_plays(corpus: Corpus, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "c.wav", 1.0)
    result = run(corpus["h264_aac"], PLAN, tmp_path, clip, RenderOptions(both_tracks=True), language="en-GB")
    sounds = read_movie(result.path).of(b"soun")
    assert [track.enabled for track in sounds] == [True, False]
    with av.open(str(result.path)) as media:
        streams = media.streams.audio
        assert [bool(s.disposition & av.stream.Disposition.default) for s in streams] == [True, False]
        assert streams[0].metadata["language"] == "eng"
    described, original = sound(result.path)[1], sound(result.path, 1)[1]
    inside = slice(RATE + 4000, 2 * RATE)
    assert np.abs(described[:, inside]).max() > 0.05
    assert np.abs(original[:, inside]).max() < 1e-3
    assert original.shape == described.shape
    facts = facts_of(result, PLAN, None)
    assert facts.original_loudness is not None
    told = measure([original], RATE, "stereo")
    assert facts.original_loudness.integrated_lufs == pytest.approx(told.lufs, abs=0.1)
    assert facts.loudness != facts.original_loudness
    shared = len(set(packet_hashes(result.path, "audio")) & set(packet_hashes(result.path, "audio", 1)))
    assert shared > 60


@pytest.mark.parametrize(("extension", "original"), [("mp4", "Original, French"), ("mov", "Original")])
def test_sounds_are_called_by_what_they_are(tmp_path: Path, extension: str, original: str) -> None:
    """By `hdlr` and by `udta`, of which a player shows one. What is neither keeps the name that the source gave it."""
    tracks = (Audio(language="eng"), Audio(language="fra", layout="mono"), Audio(language="spa"))
    source = make_video(tmp_path / f"source.{extension}", Spec(audio=tracks))
    clip = make_clip(tmp_path / "c.wav", 1.0)
    for language, described in (("pt-BR", "Audio description, Portuguese"), ("und", "Audio description")):
        options = RenderOptions(both_tracks=True)
        result = run(
            source,
            PLAN,
            tmp_path,
            clip,
            options,
            language=language,
            tracks=Tracks(picture=0, sounds=((2,), (1,), (3,))),
        )
        with av.open(str(result.path)) as media:
            told = [sound.metadata for sound in media.streams.audio]
        names = [each["handler_name"] for each in told]
        assert names == [described, original, "SoundHandler", "SoundHandler"]
        assert [each.get("title", each.get("name")) for each in told][:2] == [described, original]


def test_what_two_tracks_share_is_written_once(corpus: Corpus, tmp_path: Path) -> None:
    one = run(corpus["h264_aac"], PLAN, tmp_path, make_clip(tmp_path / "c.wav", 1.0)).path.stat().st_size
    two = (
        run(
            corpus["h264_aac"],
            PLAN,
            tmp_path,
            make_clip(tmp_path / "c.wav", 1.0),
            RenderOptions(both_tracks=True),
        )
        .path.stat()
        .st_size
    )
    sizes = sum(int(t.table.sizes.sum()) for t in read_movie(tmp_path / "out.mp4").of(b"soun")[1:])
    assert two - one < sizes


def test_every_language_of_the_source_moves_alike(corpus: Corpus, tmp_path: Path) -> None:
    result = run(
        corpus["two_tracks"],
        PLAN,
        tmp_path,
        make_clip(tmp_path / "c.wav", 1.0),
        tracks=Tracks(picture=0, sounds=((2,), (1,))),
    )
    with av.open(str(result.path)) as media:
        assert [s.codec_context.channels for s in media.streams.audio] == [1, 2]
    spanish, english = sound(result.path)[1], sound(result.path, 1)[1]
    before = sound(corpus["two_tracks"])[1]
    moved = 2 * RATE + PLAN.pauses[0].ticks
    assert (
        np.abs(english[:, moved : moved + RATE // 2] - before[:, 2 * RATE : 2 * RATE + RATE // 2]).max() < 0.2
    )
    assert spanish.shape[1] == english.shape[1]


@pytest.mark.parametrize("second", [Audio(language="spa"), Audio("libmp3lame", language="spa")])
def test_tracks_keep_their_languages_where_the_container_changes(tmp_path: Path, second: Audio) -> None:
    source = make_video(tmp_path / "two.mkv", Spec(audio=(Audio(language="eng"), second)))
    result = run(source, PLAN, tmp_path, make_clip(tmp_path / "c.wav", 1.0), language="fr")
    with av.open(str(result.path)) as media:
        assert [track.metadata["language"] for track in media.streams.audio] == ["fra", "spa"]


def test_a_quiet_track_fades_as_itself_whatever_else_is_made(tmp_path: Path) -> None:
    """Beside a loud one its pauses are chopped all the same, and the cache changes no byte."""
    sounds = (Audio(sound=pure_tones), Audio(sound=pure_tones), Audio(sound=_hardly_heard))
    source = make_video(tmp_path / "three.mp4", Spec(options=dict(X264_CLOSED), audio=sounds))
    plan = make_plan([(2 * RATE, 60)], [])
    first = sha256_of(run(source, plan, tmp_path).path)
    was, now = sound(source, 2)[1], sound(tmp_path / "out.mp4", 2)[1]
    near = slice(2 * RATE - RATE // 10, 2 * RATE - RATE // 50)  # within 150 ms of the cut, not within 10
    assert now[:, near].std() == pytest.approx(was[:, near].std(), rel=0.1)
    for entry in sorted((tmp_path / "cache" / "ranges").glob("*/*")):
        entry.unlink()
        assert sha256_of(run(source, plan, tmp_path).path) == first


def _hardly_heard(first: int, count: int, rate: int, channels: int) -> Sound:
    return (pure_tones(first, count, rate, channels) * np.float32(0.01)).astype(np.float32)


def test_texts_are_embedded(corpus: Corpus, tmp_path: Path) -> None:
    cues = ((500, 1500, "Hello."), (2500, 4000, "Grüß Gott!"))
    texts = (TextTrack(cues, "en", "English"), TextTrack(cues[:1], "de", "Beschreibung", "descriptions"))
    result = run(corpus["h264_aac"], PLAN, tmp_path, make_clip(tmp_path / "c.wav", 1.0), texts=texts)
    with av.open(str(result.path)) as media:
        streams = media.streams.subtitles
        assert [s.metadata["language"] for s in streams] == ["eng", "deu"]
        found = [
            (round(p.pts * p.time_base * 1000), bytes(p)[2:].decode())
            for p in media.demux(streams[0])
            if p.size > 2 and p.pts is not None
        ]
    assert found == [(500, "Hello."), (2500, "Grüß Gott!")]


def test_subtitles_are_carried_from_one_piece_and_from_fragments(corpus: Corpus, tmp_path: Path) -> None:
    clip, texts = make_clip(tmp_path / "c.wav", 1.0), (TextTrack(((500, 1500, "Hello."),), "en", "English"),)
    whole = run(corpus["h264_aac"], PLAN, tmp_path, clip, texts=texts).path.rename(tmp_path / "texts.mp4")
    fragmented = RenderOptions(fragmented=True)
    pieces = run(whole, PLAN, tmp_path, clip, options=fragmented).path.rename(tmp_path / "pieces.mp4")
    for source in (whole, pieces):
        again = run(source, make_plan([(RATE, 20)], []), tmp_path)
        assert not any("subtitles" in reason for reason in again.report.reasons)
        with av.open(str(again.path)) as media:
            (texts_,) = media.streams.subtitles
            found = [bytes(packet)[2:] for packet in media.demux(texts_) if packet.size > 2]
        assert found == [b"Hello."]


def test_subtitles_that_cannot_be_carried_are_named(corpus: Corpus, tmp_path: Path) -> None:
    other, texts = tmp_path / "texts.mkv", tmp_path / "texts.srt"
    texts.write_text("1\n00:00:00,500 --> 00:00:01,500\nHello.\n\n")
    with (
        av.open(str(corpus["h264_aac"])) as source,
        av.open(str(texts)) as said,
        av.open(str(other), "w") as made,
    ):
        parts = [
            (part, [made.add_stream_from_template(each) for each in part.streams]) for part in (source, said)
        ]
        for part, streams in parts:
            for packet in part.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    made.mux(packet)
    again = run(other, make_plan([(RATE, 20)], []), tmp_path)
    assert "The subtitles inside the source were left out: bring them as captions." in again.report.reasons
    with av.open(str(again.path)) as media:
        assert not media.streams.subtitles


def test_a_text_makes_the_video_no_longer(corpus: Corpus, tmp_path: Path) -> None:
    cues = ((500, 1500, "Hello."), (4000, 9000, "Still here"), (9000, 9500, "Too late"))
    bare = run(corpus["h264_aac"], PLAN, tmp_path, make_clip(tmp_path / "c.wav", 1.0))
    result = run(
        corpus["h264_aac"], PLAN, tmp_path, tmp_path / "c.wav", texts=(TextTrack(cues, "en", "English"),)
    )
    assert result.duration == bare.duration
    with av.open(str(result.path)) as media:
        shown = [bytes(packet)[2:] for packet in media.demux(media.streams.subtitles[0]) if packet.size > 2]
    assert shown == [b"Hello.", b"Still here"]


@pytest.mark.parametrize("name", ["chapters", "mkv"])
def test_the_sources_chapters_move_with_it(corpus: Corpus, tmp_path: Path, name: str) -> None:
    result = run(corpus[name], PLAN, tmp_path, make_clip(tmp_path / "c.wav", 1.0))
    with av.open(str(result.path)) as media:
        found = [(c["start"] * c["time_base"], c["metadata"]["title"]) for c in media.chapters()]
    assert [title for _, title in found] == ["Opening", "The rest"]
    assert float(found[1][0]) * 1000 == pytest.approx(1500 + ADDED_MS[0], abs=2)


def test_given_chapters_replace_them(corpus: Corpus, tmp_path: Path) -> None:
    chapters = ((0, "One"), (2000, "Two"))
    result = run(corpus["chapters"], PLAN, tmp_path, make_clip(tmp_path / "c.wav", 1.0), chapters=chapters)
    with av.open(str(result.path)) as media:
        found = [(float(c["start"] * c["time_base"]), c["metadata"]["title"]) for c in media.chapters()]
    assert found == [(0.0, "One"), (2.0, "Two")]


def test_a_delivery_loudness_is_one_linear_gain(corpus: Corpus, tmp_path: Path) -> None:
    plan = make_plan([], [])
    result = run(corpus["h264_aac"], plan, tmp_path, options=RenderOptions(loudness_lufs=-23.0))
    before, after = sound(corpus["h264_aac"])[1], sound(result.path)[1]
    assert measure([after], RATE, "stereo").lufs == pytest.approx(-23.0, abs=0.3)
    gain = after[:, RATE : 2 * RATE].std() / before[:, RATE : 2 * RATE].std()
    tail = after[:, 3 * RATE : 4 * RATE - 2048].std() / before[:, 3 * RATE : 4 * RATE - 2048].std()
    assert gain == pytest.approx(tail, rel=0.03)
    assert result.report.packets_encoded == result.report.packets


def test_netflix_measures_over_the_dialogue(tmp_path: Path) -> None:
    """Music before and after it does not count."""
    spec = Spec(options=dict(X264_CLOSED), audio=(Audio(sound=_dialogue_and_music),))
    source = make_video(tmp_path / "source.mp4", spec)
    spoken, plan = ((RATE, 2 * RATE), (5 * RATE // 2, 3 * RATE)), make_plan([], [])

    def dialogue(loudness: Loudness, speech: tuple[tuple[int, int], ...]) -> float | None:
        options = render_options(SoundPreferences(loudness=loudness))
        _, after = sound(run(source, plan, tmp_path, options=options, speech=speech).path)
        heard = np.concatenate([after[:, start + 2048 : end - 2048] for start, end in spoken], axis=1)
        return measure([heard], RATE, "stereo").lufs

    assert dialogue(Loudness.NETFLIX, spoken) == pytest.approx(-27, abs=0.5)
    whole = dialogue(Loudness.NETFLIX, ())
    assert whole is not None and whole < -35, "nothing is spoken: all of it counts"
    over_all = dialogue(Loudness.ATSC_A85, spoken)
    assert over_all is not None and over_all < -32


def _dialogue_and_music(first: int, count: int, rate: int, channels: int) -> Sound:
    at = np.arange(first, first + count) / rate
    spoken = ((at >= 1) & (at < 2)) | ((at >= 2.5) & (at < 3))
    return (pure_tones(first, count, rate, channels) * np.where(spoken, 0.15, 0.6)).astype(np.float32)


def test_the_original_is_brought_to_the_delivery_loudness_by_a_gain_of_its_own(tmp_path: Path) -> None:
    """Not by that of the quiet dub, which would clip it."""
    source = make_video(
        tmp_path / "source.mp4", Spec(options=dict(X264_CLOSED), audio=(Audio(sound=pure_tones),))
    )
    dub = make_sound(tmp_path / "dub.m4a", Audio(sound=_hardly_heard), 4)
    options = RenderOptions(both_tracks=True, loudness_lufs=-20.0)
    result = run(source, make_plan([(RATE, 20)], []), tmp_path, options=options, dub=dub)
    for track in (0, 1):
        measured = measure([sound(result.path, track)[1]], RATE, "stereo")
        assert measured.lufs == pytest.approx(-20, abs=0.5)
        assert measured.true_peak_dbtp is not None and measured.true_peak_dbtp < -1


def test_rotation_colour_and_shape_are_kept(corpus: Corpus, tmp_path: Path) -> None:
    for name in ("rotated", "hdr", "anamorphic", "cropped"):
        result = run(corpus[name], PLAN, tmp_path, make_clip(tmp_path / "c.wav", 1.0))
        with av.open(str(corpus[name])) as was, av.open(str(result.path)) as now:
            a, b = was.streams.video[0], now.streams.video[0]
            for fact in ("width", "height", "sample_aspect_ratio", "codec_tag"):
                assert getattr(a, fact, None) == getattr(b, fact, None)
            for fact in ("color_primaries", "color_trc", "colorspace", "pix_fmt"):
                assert getattr(a.codec_context, fact) == getattr(b.codec_context, fact)
            first, second = next(was.decode(video=0)), next(now.decode(video=0))
            assert first.rotation == second.rotation
