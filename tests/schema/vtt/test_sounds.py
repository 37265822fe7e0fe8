"""Sound that is not speech, in a draft."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.vtt import (
    PROFILES,
    Cue,
    Document,
    Note,
    Sound,
    Transcript,
    Word,
    check_captions,
    draft_captions,
    parse,
    segment,
    write,
)
from schema.vtt.sounds import unnamed_sounds, with_sounds

RATE = Fraction(24)
NETFLIX = PROFILES["netflix"]


def said(*times: tuple[int, int], text: str = "Welcome.") -> tuple[Word, ...]:
    return tuple(Word(text=text, start_ms=start, end_ms=end) for start, end in times)


def sound(start_ms: int, end_ms: int, text: str = "soft music", *, lasting: bool = True) -> Sound:
    return Sound(text=text, start_ms=start_ms, end_ms=end_ms, lasting=lasting)


def captions(
    words: tuple[Word, ...], *sounds: Sound, cuts: tuple[int, ...] = (), language: str = "en"
) -> list[Cue]:
    return segment(words, NETFLIX, language, RATE, sounds=sounds, scene_changes_ms=cuts, punctuated=True)


def test_a_sound_stands_in_brackets_between_what_is_said() -> None:
    cues = captions(said((0, 900), (20_000, 20_900)), sound(2_000, 19_000))
    assert [(cue.text, cue.start_ms, cue.end_ms) for cue in cues] == [
        ("Welcome.", 0, 1_400),
        ("[soft music]", 2_000, 9_000),
        ("Welcome.", 20_000, 21_400),
    ]


def test_a_short_sound_is_told_for_as_long_as_it_is_read() -> None:
    (knock,) = captions((), sound(5_000, 60_000, "knock", lasting=False))
    assert (knock.start_ms, knock.end_ms) == (5_000, 7_000)
    long = "the crowd in the square laughs and cheers"
    (laughter,) = captions((), sound(5_000, 60_000, long, lasting=False))
    assert laughter.end_ms - laughter.start_ms >= len(f"[{long}]") * 1000 / 20


def test_speech_that_comes_soon_leaves_no_room() -> None:
    words = said((0, 900), (2_300, 3_300))
    assert [cue.text for cue in captions(words, sound(1_000, 2_250))] == ["Welcome.", "Welcome."]
    assert captions(words, sound(1_000, 2_250)) == captions(words), "what is said keeps its times"


def test_a_sound_ends_before_a_shot_change_that_is_near() -> None:
    (music,) = captions((), sound(1_000, 8_000), cuts=(7_700,))
    assert music.end_ms == 7_700 - 84


def test_a_name_too_long_for_two_lines_is_left_out() -> None:
    assert captions((), sound(0, 15_000, "x" * 50)) == []
    assert [cue.text for cue in captions((), sound(0, 15_000, "音楽"), language="ja")] == ["[音楽]"]


@given(
    gaps=st.lists(st.integers(200, 12_000), min_size=1, max_size=6),
    lengths=st.lists(st.integers(200, 2_500), min_size=6, max_size=6),
    texts=st.lists(
        st.sampled_from(["knock", "soft piano music", "the crowd in the square laughs and cheers"])
    ),
    lasting=st.booleans(),
    cuts=st.lists(st.integers(0, 60_000), max_size=5),
    profile=st.sampled_from(sorted(PROFILES)),
)
def test_a_sound_is_never_over_speech_and_keeps_every_rule(
    gaps: list[int], lengths: list[int], texts: list[str], lasting: bool, cuts: list[int], profile: str
) -> None:
    rules = PROFILES[profile]
    words: list[Word] = []
    sounds: list[Sound] = []
    clock = 0
    for number, gap in enumerate(gaps):
        if gap >= 1_500 and texts:
            text = texts[number % len(texts)]
            sounds.append(Sound(text=text, start_ms=clock, end_ms=clock + gap, lasting=lasting))
        clock += gap
        words.append(Word(text="Welcome.", start_ms=clock, end_ms=clock + lengths[number]))
        clock += lengths[number]
    alone = segment(words, rules, "en", RATE, scene_changes_ms=cuts, punctuated=True)
    cues = segment(words, rules, "en", RATE, scene_changes_ms=cuts, punctuated=True, sounds=sounds)
    assert [cue.text for cue in cues if cue.text[0] != "["] == [cue.text for cue in alone]
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(cues))
    for cue in cues:
        if cue.text[0] == "[":
            assert all(word.end_ms <= cue.start_ms or cue.end_ms <= word.start_ms for word in words)
    findings = check_captions(
        Document.of(cues), rules, frame_rate=RATE, words=words, scene_changes_ms=sorted(cuts)
    )
    broken = {
        finding.rule
        for finding in findings
        if finding.cue_index is not None and cues[finding.cue_index].text[0] == "["
    }
    assert broken <= {"shot_change"}, "where the room does not let it begin or end on one"


@pytest.mark.parametrize("refused", [None, "Gemini answered 403"])
def test_the_draft_says_what_became_of_its_sounds(refused: str | None) -> None:
    heard = Transcript(
        language="en",
        provider="google-speech",
        draft=False,
        punctuated=True,
        sounds=() if refused else (sound(0, 9_000),),
        sounds_by="gemini",
        sounds_refused=refused,
    )
    document = draft_captions(heard, NETFLIX, RATE)
    (note,) = document.notes
    assert note.text == (
        "Sounds could not be named (Gemini answered 403): tell those that matter."
        if refused
        else "Sounds in brackets are a draft by gemini: listen and correct."
    )


def test_what_is_neither_said_nor_silent_and_is_long_is_told() -> None:
    known = [(20_000, 22_000), (0, 1_000), (21_000, 30_000)]
    assert unnamed_sounds(known, 60_000, 10_000) == [(1_000, 20_000), (30_000, 60_000)]
    assert unnamed_sounds(known, 39_999, 10_000) == [(1_000, 20_000)]
    assert unnamed_sounds([(0, 60_000)], 60_000, 10_000) == []


def test_a_note_stands_before_the_cue_that_follows() -> None:
    draft = Document.of([Note.of("Draft."), Cue("c1", 0, 900, "One."), Cue("c2", 20_000, 22_000, "Two.")])
    made = with_sounds(draft, [(1_000, 20_000), (30_000, 60_000)])
    assert [type(block) for block in made.blocks] == [Note, Cue, Note, Cue, Note]
    assert made.notes[1].text == (
        "Sound without speech, 00:00:01.000 to 00:00:20.000: tell what it is where it matters, such as [music]."
    )
    assert made.cues == draft.cues
    assert parse(write(made)).document == made
    assert with_sounds(draft, []) is draft
