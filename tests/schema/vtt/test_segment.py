"""Words into captions: nothing is lost, limits hold where they can, lines break where a reader would."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.vtt import Cue, Document, Transcript, Word, parse, plain_text, violations, write
from schema.vtt.draft import draft_captions
from schema.vtt.linebreak import wrap
from schema.vtt.profiles import BBC, DCMP, NETFLIX, Profile
from schema.vtt.segment import segment
from schema.vtt.text import graphemes
from schema.vtt.timecode import frames_to_ms

RATE = Fraction(24)
GAP_MS = frames_to_ms(2, RATE)


def spoken(text: str, start_ms: int = 1000, speaker: str | None = None) -> list[Word]:
    """At a normal pace; `|` is a second of silence."""
    words: list[Word] = []
    for part in text.split():
        if part == "|":
            start_ms += 1000
            continue
        length = 60 * len(part) + 80
        words.append(Word(text=part, start_ms=start_ms, end_ms=start_ms + length, speaker=speaker))
        start_ms += length + (390 if part[-1] in ".?!" else 40)
    return words


def texts(cues: list[Cue]) -> list[str]:
    return [cue.plain for cue in cues]


TALE = (
    "Good morning, everyone. Today we are going to look at the history of the lighthouse, which was built in 1834 "
    "by Robert Stevenson on a rock in the middle of the sea. It has guided ships for almost two hundred years, and "
    "it still does. How did they build it? Nobody knows exactly, but we have some of the letters that the workers "
    "wrote to their families during the long winters."
)


@pytest.mark.parametrize("profile", [NETFLIX, BBC, DCMP])
def test_a_normal_speaker_keeps_every_limit(profile: Profile) -> None:
    cues = segment(spoken(TALE), profile, "en", RATE)
    assert " ".join(" ".join(texts(cues)).split()) == TALE
    for cue, after in zip(cues, [*cues[1:], None], strict=True):
        lines = cue.plain.split("\n")
        assert len(lines) <= 2
        assert all(graphemes(line) <= profile.line_limit("en") for line in lines)
        assert profile.least_ms("en") <= cue.duration_ms <= profile.max_duration_ms
        assert after is None or after.start_ms - cue.end_ms >= GAP_MS
        for line in lines:
            assert not re.search(r"\b(a|the|of|their|Robert|they|we)$", line), line


def test_words_are_kept_together_as_a_reader_wants() -> None:
    assert wrap("We walked along the river and talked to the old man", "en", 42, 2) == [
        "We walked along the river",
        "and talked to the old man",
    ]
    assert wrap("Yesterday I met Anna Livingstone, herself a doctor", "en", 34, 2) == [
        "Yesterday I met Anna Livingstone,",
        "herself a doctor",
    ]
    assert wrap("Yesterday we saw Anna Livingstone at home", "en", 27, 2) == [
        "Yesterday we saw",
        "Anna Livingstone at home",
    ]
    assert wrap("Yesterday we all went to see Mr. Smith at his home", "en", 42, 2) == [
        "Yesterday we all went",
        "to see Mr. Smith at his home",
    ]
    assert wrap("one two three", "en", 3, 2) is None
    assert wrap("", "en", 10, 2) == []


@pytest.mark.parametrize(
    ("text", "language", "limit", "lines"),
    [
        (
            "今日はNHKのニュースを見ています。そして帰ります。",
            "ja",
            16,
            ["今日はNHKのニュースを", "見ています。そして帰ります。"],
        ),
        ("これは NHK World　です。そして帰る。", "ja", 16, ["これは NHK World", "です。そして帰る。"]),
        ("价格是1,000美元，iPhone很贵。", "zh", 12, ["价格是1,000美元，", "iPhone很贵。"]),
        ("皆さん\nおはよう", "ja", 10, ["皆さんおはよう"]),
        ("สวัสดีครับ ผมชื่อสมชาย", "th", 14, ["สวัสดีครับ", "ผมชื่อสมชาย"]),
        ("สวัสดีครับผมชื่อสมชาย", "th", 14, ["สวัสดีครับ", "ผมชื่อสมชาย"]),
        ("ខ្ញុំស្រលាញ់ភាសាខ្មែរ", "km", 6, ["ខ្ញុំស្រលាញ់", "ភាសាខ្មែរ"]),
        ("公園まで歩いて行きましょう", "ja", 9, ["公園まで", "歩いて行きましょう"]),
        ("彼女は手紙をポケットに入れて歩き去った", "ja", 13, ["彼女は手紙をポケットに", "入れて歩き去った"]),
        ("我们花了3,141也就是很多钱", "zh", 11, ["我们花了", "3,141也就是很多钱"]),
        ("聯合國教科文組織的總部設在巴黎", "zh-TW", 9, ["聯合國教科文組織", "的總部設在巴黎"]),
        ("使わなければならない", "ja", 6, None),
    ],
)
def test_wrapping_a_script_without_spaces_changes_nothing_but_its_lines(
    text: str, language: str, limit: int, lines: list[str] | None
) -> None:
    assert wrap(text, language, limit, 2) == lines


SIGNS = ["字", "か", "。", "、", "「", "ー", "a", "e\u0301", "1", ",", " ", "\u3000", "\n", "ก้ำ", "น"]


@given(st.lists(st.sampled_from(SIGNS), max_size=40).map("".join), st.sampled_from(["ja", "zh", "th"]))
def test_no_sign_is_lost_in_wrapping(text: str, language: str) -> None:
    lines = wrap(text, language, 12, 3)
    if lines is not None:
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert all(line == line.strip() and graphemes(line) <= 12 for line in lines)
        assert graphemes("".join("".join(lines).split())) == sum(
            graphemes("".join(line.split())) for line in lines
        )


def test_in_times_are_on_the_first_word_and_out_times_a_little_late() -> None:
    words = spoken("Hello there, friend. | | | See you tomorrow.")
    first, second = segment(words, NETFLIX, "en", RATE)
    assert first.start_ms == words[0].start_ms
    assert first.end_ms == words[2].end_ms + frames_to_ms(12, RATE)
    assert second.start_ms == words[3].start_ms


def test_small_gaps_are_closed_to_two_frames() -> None:
    words = [
        Word(text="Come here at once.", start_ms=0, end_ms=2000),
        Word(text="I will not come.", start_ms=2800, end_ms=5000),
    ]
    first, second = segment(words, NETFLIX, "en", RATE)
    assert second.start_ms - first.end_ms == GAP_MS


def test_cues_snap_to_shot_changes_that_are_near() -> None:
    words = [
        Word(text="Come here at once.", start_ms=1000, end_ms=2500),
        Word(text="I will not come.", start_ms=6000, end_ms=7500),
    ]
    first, second = segment(words, NETFLIX, "en", RATE, scene_changes_ms=[2800, 700, 5200, 5700])
    assert (first.start_ms, first.end_ms) == (700, 2800 - GAP_MS)
    assert second.start_ms == 5700


def test_a_shot_change_makes_no_cue_longer_than_it_may_be() -> None:
    words = [
        Word(text="Come here", start_ms=1000, end_ms=4000),
        Word(text="at once.", start_ms=4050, end_ms=7900),
    ]
    for cut, start in ((899, 1000), (900, 900)):
        (cue,) = segment(words, NETFLIX, "en", RATE, scene_changes_ms=[cut])
        assert (cue.start_ms, cue.duration_ms) == (start, 7000)


def test_a_short_word_stays_long_enough_to_be_read() -> None:
    (cue,) = segment([Word(text="No.", start_ms=1000, end_ms=1150)], NETFLIX, "en", RATE)
    assert cue.duration_ms == 834


def test_speakers_never_share_a_cue() -> None:
    words = spoken("Who is there?", speaker="Ann") + spoken("It is me.", 2300, speaker="Tom & Co")
    cues = segment(words, NETFLIX, "en", RATE)
    assert [cue.text for cue in cues] == ["<v Ann>Who is there?", "<v Tom &amp; Co>It is me."]
    assert [cue.voice for cue in cues] == ["Ann", "Tom & Co"]


def test_bare_words_get_sentences_from_silences() -> None:
    words = spoken("hello i think we should go | where to")
    cues = segment(words, NETFLIX, "en", RATE)
    assert texts(cues) == ["Hello I think we should go.", "Where to."]
    transcript = Transcript(language="en", words=tuple(words), provider="pocketsphinx", punctuated=False)
    document = draft_captions(transcript, NETFLIX, RATE)
    assert "guessed" in document.notes[1].text
    assert parse(write(document)).document == document


@pytest.mark.parametrize(
    ("text", "language", "stop"), [("वह भी जा रहा है", "hi", "।"), ("ಅವನು ಇಲ್ಲಿ ಇದೆ", "kn", ".")]
)
def test_a_word_that_ends_in_a_vowel_sign_gets_its_stop_too(text: str, language: str, stop: str) -> None:
    assert texts(segment(spoken(text), NETFLIX, language, RATE)) == [text + stop]


@pytest.mark.parametrize(
    ("text", "language", "caption"),
    [
        ("istanbul güzel", "tr", "İstanbul güzel."),
        ("თბილისი ქალაქია", "ka", "თბილისი ქალაქია."),
        ("ijsland is koud", "nl", "IJsland is koud."),
        ("ǆep je prazan", "hr", "ǅep je prazan."),
        ("یہ ہے", "ur", "یہ ہے۔"),
        ("এটি ভাল", "bn", "এটি ভাল।"),
        ("սա տուն է", "hy", "Սա տուն է։"),
        ("ይህ ቤት ነው", "am", "ይህ ቤት ነው።"),
    ],
)
def test_a_sentence_begins_and_ends_as_its_language_writes_it(text: str, language: str, caption: str) -> None:
    assert texts(segment(spoken(text), NETFLIX, language, RATE)) == [caption]


def test_unspaced_scripts_have_no_spaces_and_keep_marks_off_line_starts() -> None:
    line = "皆さん おはよう ございます 。 今日 は NHK News の 歴史 に ついて 見て いき ます 、 そして 帰り ます 。"
    parts = line.split()
    words = [Word(text=part, start_ms=1000 + i * 400, end_ms=1380 + i * 400) for i, part in enumerate(parts)]
    cues = segment(words, NETFLIX, "ja", RATE)
    assert "".join(texts(cues)).replace("\n", "") == "".join(parts).replace("NHKNews", "NHK News")
    for line in "\n".join(texts(cues)).split("\n"):
        assert graphemes(line) <= 23
        assert line[0] not in "。、"


@pytest.mark.parametrize("language", ["zh", "cmn-Hans-CN", "yue-Hant-HK"])
def test_every_chinese_is_written_as_chinese(language: str) -> None:
    words = spoken("今天 我們 去 看 海 邊 的 燈塔")
    assert texts(segment(words, NETFLIX, language, RATE)) == ["今天我們去看海邊的燈塔。"]


def test_a_word_longer_than_a_line_is_kept_whole() -> None:
    words = [
        Word(text=text, start_ms=i * 500, end_ms=i * 500 + 400)
        for i, text in enumerate(["see", "x" * 90, "now"])
    ]
    assert " ".join(texts(segment(words, NETFLIX, "en", RATE, punctuated=True))).split() == [
        "see",
        "x" * 90,
        "now",
    ]


def test_nothing_said_is_nothing_captioned() -> None:
    assert segment([], NETFLIX, "en", RATE) == []
    assert segment([Word(text=" ", start_ms=0, end_ms=1)], NETFLIX, "en", RATE) == []


WORDS = st.lists(
    st.tuples(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12),
        st.integers(-50, 2500),
        st.integers(0, 900),
        st.sampled_from([None, None, None, "Ann", "<Bob>"]),
    ),
    max_size=60,
)


@given(
    WORDS,
    st.sampled_from([NETFLIX, DCMP]),
    st.sampled_from(["en", "ja", "de"]),
    st.lists(st.integers(0, 60_000)),
)
@settings(max_examples=150)
def test_every_word_once_and_always_writable(
    raw: list[tuple[str, int, int, str | None]], profile: Profile, language: str, cuts: list[int]
) -> None:
    words: list[Word] = []
    clock = 0
    for text, silence, length, speaker in raw:
        clock = max(0, clock + silence)
        words.append(Word(text=text, start_ms=clock, end_ms=clock + length, speaker=speaker))
        clock += length
    words.sort(key=lambda word: word.start_ms)
    cues = segment(words, profile, language, RATE, scene_changes_ms=cuts, punctuated=True)
    flat = "".join("".join(plain_text(cue.text.replace(">- ", ">")) for cue in cues).split())
    said = "".join("".join(word.text.split()) for word in words)
    if len({word.speaker for word in words}) < 2:
        assert flat == said
    assert sorted(flat) == sorted(said)  # those who speak at once are ordered by turns
    document = Document.of(cues)
    assert violations(document) == []
    limit, longest = profile.line_limit(language), max((graphemes(word.text) for word in words), default=0)
    for cue, after in pairwise(cues):
        assert cue.end_ms <= after.start_ms
    for cue in cues:
        lines = cue.plain.split("\n")
        assert len(lines) <= profile.lines
        assert longest > limit or all(graphemes(line) <= limit for line in lines)


@pytest.mark.parametrize(
    ("language", "heard", "text"),
    [
        ("en", "Hello , everyone .", "Hello, everyone."),
        ("en", 'He said : " Hello . " Then left .', 'He said: "Hello." Then left.'),
        ("en", "It 's what we do n't want .", "It's what we don't want."),
        ("en", "The dog ' s tail .", "The dog's tail."),
        ("en", "It costs $ 5 .", "It costs $5."),
        ("fr", "L' homme d' à côté .", "L'homme d'à côté."),
        ("fr", "« Oui » , dit-il .", "«\u00a0Oui\u00a0», dit-il."),
        ("it", "L' amico , c' è .", "L'amico, c'è."),
        ("en", "He said : “ Go ! ” ( twice )", "He said: “Go!” (twice)"),
        ("en", "It is 5 % , no ?", "It is 5%, no?"),
        ("es", "¿ Dónde está ?", "¿Dónde está?"),
        ("fr", "Il est parti ? Oui .", "Il est parti\u00a0? Oui."),
        ("ja", "そう です 。", "そうです。"),
        ("hi", "वह गया ।", "वह गया।"),
        ("en", "rock - and roll", "Rock - and roll."),
    ],
)
def test_punctuation_that_stands_apart_is_joined(language: str, heard: str, text: str) -> None:
    words = [Word(text=w, start_ms=300 * at, end_ms=300 * at + 250) for at, w in enumerate(heard.split())]
    cues = segment(words, NETFLIX, language, RATE)
    assert " ".join(cue.plain.replace("\n", " ") for cue in cues) == text
    assert cues[-1].end_ms >= words[-1].end_ms
