"""Where a sentence ends, by language."""

from __future__ import annotations

from fractions import Fraction

import pytest

from schema.vtt import PROFILES, Word, segment
from schema.vtt.linebreak import wrap
from schema.vtt.sentences import ends_sentence, split_sentences

GOES_ON = [
    ("de", "Sie wurde am 24.", "Dezember geboren"),
    ("de", "z.", "B. Brot"),
    ("de", "z. B.", "Brot"),
    ("de", "z.B.", "Brot"),
    ("de", "ca.", "5 Leute"),
    ("de", "Ludwig XIV.", "war da"),
    ("nb", "den 17.", "mai"),
    ("en", "J.", "K. Rowling"),
    ("en", "J. K.", "Rowling"),
    ("en", "the U.S.", "team"),
    ("en", "the U.S.", "Army"),
    ("en", "Acme Inc.", "said so"),
    ("en", "at 5 p.m.", "they left"),
    ("en", "“Mr.", "Smith"),
    ("es", "la Srta.", "López"),
    ("es", "los EE.", "UU."),
    ("fr", "M.", "Dupont"),
    ("it", "il Sig.", "Rossi"),
    ("nl", "bijv.", "Amsterdam"),
    ("pl", "prof.", "Nowak"),
    ("pt-BR", "o Sr.", "Silva"),
    ("ru", "на ул.", "Ленина"),
    ("cs", "např.", "Praha"),
    ("tr", "Dr.", "Ali"),
    ("el", "δρ.", "Νίκος"),
    ("cs", "Ludvík XIV.", "zemřel"),
    ("cs", "dne 24. 12.", "1990"),
    ("eu", "abenduaren 24.", "egunean"),
    ("sv", "dvs.", "han"),
    ("nb", "kl.", "7"),
    ("de", "Hrn.", "Müller"),
    ("de", "u. a.", "Berlin"),
    ("fr", "Mme.", "Dupont"),
    ("fr", "p. ex.", "Paris"),
    ("fr", "vol.", "3"),
    ("fr", "J.-C.", "est né"),
    ("es", "Dña.", "María"),
    ("pl", "św.", "Jan"),
    ("pl", "r.", "był"),
    ("hr", "npr.", "Zagreb"),
    ("sr", "др.", "Петровић"),
    ("ru", "т. е.", "он"),
    ("ru", "св.", "Николай"),
    ("hu", "stb.", "és"),
    ("ro", "Sf.", "Ioan"),
    ("lt", "pvz.", "Vilnius"),
    ("id", "Jl.", "Sudirman"),
    ("hi", "डॉ.", "शर्मा"),
    ("en", "No.", "5"),
    ("en", "Vol.", "II"),
]
ENDS = [
    ("de", "Es war 1990.", "Dann kam er"),
    ("de", "Er ist 24.", "Sie ist 20"),
    ("de", "Sie ging nach Haus.", "Dann kam er"),
    ("en", "They went home.", "Then"),
    ("en", "in the U.S.", "He stayed"),
    ("en", "It was I.", "John"),
    ("en", "No.", "Maria did"),
    ("en", "OK.", "John"),
    ("en", "He is 24.", "Mary"),
    ("en", "and then…", "Nothing"),
    ("en", "at 5 p.m.", ""),
    ("en", "“Really?”", "She laughed"),
    ("ja", "そうです。", "はい"),
    ("hi", "वह गया।", "फिर"),
    ("ar", "أين أنت؟", "هنا"),
    ("en", "He left.", None),
    ("fr", "Où est-il parti ?", "Je"),
    # Words that a list has as short for others.
    ("en", "Come with me.", "Maria waits"),
    ("en", "I am ill.", "Tom waits"),
    ("en", "I live on Main St.", "We moved"),
    ("it", "Non lo so.", "Gianni"),
    ("it", "Mai.", "Gianni"),
    ("hu", "Nem.", "Péter"),
    ("sv", "Jag vet det.", "Anna"),
    ("da", "Jeg er med.", "Anna"),
    ("nl", "Ik weet dat.", "Jan"),
    ("es", "Claro que no.", "Juan"),
    ("cs", "Pojď tu.", "Petr"),
    ("sl", "Ne.", "Janez"),
    ("tr", "Ne.", "Ali"),
    ("vi", "Ba.", "Nam"),
    ("de", "Das war's.", "Peter geht"),
    ("de", "Ich bin Max.", "Peter"),
    # Words without a vowel.
    ("en", "Hmm.", "Tom"),
    ("en", "Shh.", "Tom"),
    ("en", "It was on TV.", "Tom"),
    ("cs", "Smrt.", "Petr"),
    ("hr", "Krk.", "Ivan"),
    ("ru", "Тсс.", "Иван"),
    # Signs of other scripts.
    ("de", "„Wo ist er?“", "Ich"),
    ("de", "»Wo ist er?«", "Ich"),
    ("da", "»Hvor er han?«", "Jeg"),
    ("zh", "（他走了。）", "然后"),
    ("el", "Πού πήγε;", "Δεν ξέρω"),
    ("hy", "Այո։", "Արամ"),
    ("am", "አዎ።", "አበበ"),
    ("bo", "རེད།", "ང་"),
]


@pytest.mark.parametrize(("language", "text", "after"), GOES_ON)
def test_a_stop_of_a_word_ends_no_sentence(language: str, text: str, after: str) -> None:
    assert not ends_sentence(text, language, after)


@pytest.mark.parametrize(("language", "text", "after"), ENDS)
def test_a_sentence_ends(language: str, text: str, after: str | None) -> None:
    assert ends_sentence(text, language, after)


def test_an_abbreviation_whose_next_word_is_not_known_ends_none() -> None:
    assert not ends_sentence("in the U.S.", "en")
    assert not ends_sentence("am 24.", "de")


def said(text: str, silence_after: str = "") -> list[Word]:
    words, at = [], 0
    for word in text.split():
        words.append(Word(text=word, start_ms=at, end_ms=at + 300))
        at += 350 + (900 if word == silence_after else 0)
    return words


@pytest.mark.parametrize(
    ("language", "text", "apart"),
    [
        ("de", "Sie wurde am 24. Dezember des Jahres geboren und wuchs in einer kleinen Stadt auf", "24."),
        ("en", "Then the members of the U.S. team arrived at the stadium near the river", "U.S."),
        ("en", "The book that everybody reads was written by J. K. Rowling in a small café", "J."),
    ],
)
def test_neither_a_caption_nor_a_line_ends_there(language: str, text: str, apart: str) -> None:
    cues = segment(said(text), PROFILES["netflix"], language, Fraction(24))
    lines = [line for cue in cues for line in cue.plain.split("\n")]
    assert not any(line.endswith(apart) for line in lines)
    for limit in (32, 37, 42):
        assert not any(line.endswith(apart) for line in wrap(text, language, limit, 3) or ())


def test_one_abbreviation_does_not_make_a_transcript_punctuated() -> None:
    words = said("the U.S. team won they went home", silence_after="won")
    cues = segment(words, PROFILES["netflix"], "en", Fraction(24))
    assert [cue.plain for cue in cues] == ["The U.S. team won.", "They went home."]


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        ("Mr. Smith goes. He sits.", "en", ["Mr. Smith goes.", "He sits."]),
        ("Text on screen: “Hello. Bye”. It fades.", "en", ["Text on screen: “Hello. Bye”.", "It fades."]),
        ('She reads "Go. Now." and leaves.', "en", ['She reads "Go. Now." and leaves.']),
        ("Er liest „Geh. Jetzt.“ und geht. Regen.", "de", ["Er liest „Geh. Jetzt.“ und geht.", "Regen."]),
        ("Am 24. Mai geht er.", "de", ["Am 24. Mai geht er."]),
        ("你好。他走了。", "zh", ["你好。", "他走了。"]),
        ("No stop", "en", ["No stop"]),
        (" ", "en", []),
    ],
)
def test_a_text_is_divided_into_its_sentences(text: str, language: str, sentences: list[str]) -> None:
    assert split_sentences(text, language) == sentences
