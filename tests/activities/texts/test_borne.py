"""Which cues another video does not bear."""

from __future__ import annotations

from activities.texts.borne import not_borne
from schema.enums import Kind
from schema.vtt import Cue, Document, Transcript
from schema.vtt.words import Word

WORDS = Transcript(
    language="en",
    provider="test",
    words=tuple(
        Word(text=text, start_ms=start, end_ms=start + 400)
        for text, start in (("Good", 1_000), ("evening", 1_500), ("everybody", 8_000))
    ),
)


def _document(*cues: tuple[str, int, int, str]) -> Document:
    return Document.of(Cue(id=id, start_ms=start, end_ms=end, text=text) for id, start, end, text in cues)


def test_captions_are_borne_by_words_and_by_the_length() -> None:
    captions = _document(
        ("a", 900, 2_000, "Good evening"),
        ("b", 3_000, 4_000, "Nobody says this"),
        ("c", 5_000, 6_000, "[music]"),
        ("d", 7_000, 8_100, "everybody"),
        ("e", 9_800, 10_600, "[applause]"),
        ("f", 11_000, 12_000, "[applause]"),
    )
    assert not_borne(captions, Kind.CAPTIONS, WORDS, 10_200) == ["b", "f"]


def test_a_sound_or_a_song_is_one_whatever_stands_before_it() -> None:
    captions = _document(
        ("a", 3_000, 3_400, "<i>♪ ♪</i>"),
        ("b", 3_500, 3_900, "<i>[music]</i>"),
        ("c", 4_000, 4_400, "<v Ann>[laughs]"),
        ("d", 4_500, 4_900, "- [door slams]\n- [dog barks]"),
        ("e", 5_000, 5_400, "（拍手）"),
        ("f", 5_500, 5_900, "<i>♫ la la ♫</i>"),
        ("g", 6_000, 6_400, "<i>…</i>"),
        ("h", 6_500, 6_900, "<i>Nobody [says] this</i>"),
    )
    assert not_borne(captions, Kind.CAPTIONS, WORDS, 10_200) == ["h"]


def test_descriptions_do_not_begin_on_a_word() -> None:
    script = _document(
        ("a", 1_200, 3_000, "On a word."),
        ("b", 1_400, 3_000, "Between words."),
        ("c", 5_000, 9_000, "Runs into one."),
        ("d", 9_900, 12_000, "Too late."),
    )
    assert not_borne(script, Kind.AUDIO_DESCRIPTION, WORDS, 10_000) == ["a", "d"]


def test_of_a_video_without_a_word_the_length_alone_counts() -> None:
    silent = WORDS.model_copy(update={"words": ()})
    captions = _document(("a", 0, 1_000, "Anything"), ("b", 9_000, 11_000, "Late"))
    assert not_borne(captions, Kind.CAPTIONS, silent, 10_000) == ["b"]
