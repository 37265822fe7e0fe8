"""A fix never changes, hides or adds a word, whatever the rule, the language and the script."""

from __future__ import annotations

from fractions import Fraction

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.vtt import PROFILES, Cue, Document, Word, escape, plain_text, violations
from schema.vtt.markup import voice_span
from schema.vtt.quality import check_captions
from schema.vtt.text import UNSPACED, graphemes, joint

WORDS = {
    "en": "the U.S. Dr. O'Neil isn't 24 of and Maria wolf-dog door 3.5 I",
    "de": "die z.B. 24. Dezember und Straße ist Müller das Haus",
    "fr": "l'homme 100\u00a0000 est-il où «\u00a0oui\u00a0» parti\u00a0? et",
    "es": "¿dónde el Sr. niño y ¡ven! está",
    "pt": "não a Sra. São e coração 2.º",
    "it": "l'acqua il Sig. è perché e città",
    "nl": "bijv. de 's avonds en huis",
    "pl": "prof. źdźbło i ul. Długa",
    "cs": "např. příliš žluťoučký a kůň",
    "sv": "t.ex. åtta och här",
    "fi": "esim. yö ja äiti 3.",
    "hu": "pl. őz és űr",
    "tr": "Dr. İstanbul ve ığdır",
    "vi": "một hai và đường phố",
    "ru": "ул. Ленина и съезд ёж",
    "el": "δρ. Νίκος και ναι;",
    "ar": "مرحبا \u202bو\u202c كيف حالك؟ ٢٤",
    "he": "שלום וְגַם מה־זה?",
    "hi": "नमस्ते और क्षमा है।",
    "th": "สวัสดีครับ และ ภาษาไทย ๆ",
    "ja": "公園まで 歩いて、 NHK 「はい」 ー です。 \u3000",
    "zh": "我们 公园， 3,141 也就是 《书》 iPhone 的。",
    "ko": "안녕하세요 그리고 집에서 3개",
    "km": "ខ្ញុំស្រលាញ់ ភាសាខ្មែរ។",
}
SIGNS = [
    "(",
    ")",
    "[",
    "]",
    "♪",
    "#",
    "# ",
    "#tag",
    "-",
    "- ",
    ":",
    "ANN:",
    "NASA: ",
    ">> ",
    "...",
    "…",
    "\n",
    " ",
    "<",
    "&",
    "?",
    "!",
    "\u00ad",
    "\u200b",
]
LANGUAGES = st.sampled_from(sorted(WORDS))


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, Document, list[Word]]:
    language = draw(LANGUAGES)
    pieces = st.sampled_from(WORDS[language].split(" ") + SIGNS) | st.text(max_size=4)
    cues: list[Cue] = []
    at = 0
    for _ in range(draw(st.integers(1, 4))):
        joint = draw(st.sampled_from([" ", " ", ""]))
        raw = joint.join(draw(st.lists(pieces, min_size=1, max_size=14)))
        lines = [line for line in regex.split(r"[\r\n\0]+", raw) if line]
        at += draw(st.integers(-200, 2000))
        start = at = max(at, 0)
        at += draw(st.integers(1, 9000))
        text = escape("\n".join(lines))
        if draw(st.booleans()):
            text = voice_span(draw(st.sampled_from(["Ann", "-", "R&B"])), text)
        cues.append(Cue("", start, at, text))
    heard = [Word(text="x", start_ms=cue.start_ms + 100, end_ms=cue.start_ms + 300) for cue in cues]
    return language, Document.of(cues), heard


def without_marks(text: str) -> str:
    """What a viewer reads, but for spaces where a line may end, and for what marks sounds and songs."""
    return "".join(
        sign
        for sign in plain_text(text)
        if not (sign.isspace() and sign not in "\u00a0\u202f") and sign not in "()[]♪♫#"
    )


@given(documents(), st.sampled_from(sorted(PROFILES)))
@settings(max_examples=600, deadline=None)
def test_no_fix_touches_a_word(made: tuple[str, Document, list[Word]], profile: str) -> None:
    language, document, heard = made
    findings = check_captions(
        document, PROFILES[profile], language, Fraction(25), words=heard, scene_changes_ms=[1000, 5000]
    )
    for finding in findings:
        if finding.fix is None or finding.fix.text is None:
            continue
        assert finding.cue_index is not None
        cue = document.cues[finding.cue_index]
        fixed = Cue("", cue.start_ms, cue.end_ms, finding.fix.text)
        assert without_marks(fixed.text) == without_marks(cue.text)
        assert fixed.voice == cue.voice
        if finding.rule not in ("sound_brackets", "lyrics"):
            assert "".join(fixed.plain.split()) == "".join(cue.plain.split())
        if not violations(Document.of([cue])):
            assert violations(Document.of([fixed])) == []


@pytest.mark.parametrize("language", sorted(WORDS))
def test_a_long_line_of_any_language_gets_a_fix_with_its_words(language: str) -> None:
    profile = PROFILES["netflix"]
    words = WORDS[language].replace("\u3000", "").split(" ")
    text = escape(joint("ก", "ก", language).join(words)) if language in UNSPACED else escape(" ".join(words))
    long = next(
        text * n if language in UNSPACED else " ".join([text] * n)
        for n in range(1, 9)
        if graphemes(text) * n > profile.line_limit(language)
    )
    cue = Cue("", 0, 7000, long)
    fixes = [
        finding.fix
        for finding in check_captions(Document.of([cue]), profile, language, sdh=False)
        if finding.fix
    ]
    for fix in fixes:
        assert "".join(plain_text(fix.text or long).split()) == "".join(cue.plain.split())
    fits = graphemes(cue.plain) <= profile.line_limit(language) * 1.6
    assert fixes or not fits


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ru", "— Да, конечно, я приду завтра вечером, обещаю тебе\n— Нет."),
        ("he", "\u200f- מה שלומך היום ידידי היקר והטוב שלי מאוד מאוד טוב\n\u200f- טוב."),
        ("en", "ANNA: How are you today, my dear old friend of mine?\nBOB: Fine."),
        ("en", "How are you today, my dear old friend of mine, then?\nOld Bob: Fine."),
        ("en", ">> How are you today, my dear old friend of mine, then?\n>> Fine."),
        ("en", "How are you today, my dear old friend of mine, then?\n(door slams)"),
    ],
)
def test_no_fix_runs_turns_into_each_other(language: str, text: str) -> None:
    found = check_captions(Document.of([Cue("", 0, 6000, escape(text))]), language=language)
    assert [(each.rule, each.fix) for each in found if each.rule == "line_length"] == [("line_length", None)]
