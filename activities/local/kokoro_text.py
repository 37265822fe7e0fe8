"""Text as the sounds that Kokoro was taught, and their numbers. Pure, but for the `phonemes` that it is given.

Its alphabet is IPA with a sign of its own for each diphthong and affricate
(https://huggingface.co/hexgrad/Kokoro-82M/blob/main/config.json).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from activities.local.read_aloud import clauses, closes, halves, readable

_SIGNS = ';:,.!?—…"()“” ̃ʣʥʦʨᵝꭧAIOQSTWYᵊabcdefhijklmnopqrstuvwxyzɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœɹɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔˈˌːʰʲ↓→↗↘ᵻ'
_NUMBERS = [
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "9",
    "10",
    "11",
    "12",
    "13",
    "14",
    "15",
    "16",
    "17",
    "18",
    "19",
    "20",
    "21",
    "22",
    "23",
    "24",
    "25",
    "31",
    "33",
    "35",
    "36",
    "39",
    "41",
    "42",
    "43",
    "44",
    "45",
    "46",
    "47",
    "48",
    "50",
    "51",
    "52",
    "53",
    "54",
    "55",
    "56",
    "57",
    "58",
    "59",
    "60",
    "61",
    "62",
    "63",
    "64",
    "65",
    "66",
    "67",
    "68",
    "69",
    "70",
    "71",
    "72",
    "75",
    "76",
    "77",
    "78",
    "80",
    "81",
    "82",
    "83",
    "85",
    "86",
    "87",
    "90",
    "92",
    "99",
    "101",
    "102",
    "103",
    "110",
    "111",
    "112",
    "113",
    "114",
    "115",
    "116",
    "118",
    "119",
    "120",
    "123",
    "125",
    "126",
    "128",
    "129",
    "130",
    "131",
    "132",
    "133",
    "135",
    "136",
    "138",
    "139",
    "140",
    "142",
    "143",
    "147",
    "148",
    "156",
    "157",
    "158",
    "162",
    "164",
    "169",
    "171",
    "172",
    "173",
    "177",
]
_TOKENS = {sign: int(number) for sign, number in zip(_SIGNS, _NUMBERS, strict=True)}
LONGEST = 160
"""Tokens at a time, some ten seconds. It takes 510, and needs memory in proportion: a gigabyte for six seconds."""

_TIE = "\u0361"
_TIED = {
    "a͡ɪ": "I", "a͡ʊ": "W", "e͡ɪ": "A", "o͡ʊ": "O", "ə͡ʊ": "Q", "ɔ͡ɪ": "Y",
    "t͡ʃ": "ʧ", "d͡ʒ": "ʤ", "t͡s": "ʦ", "d͡z": "ʣ",
}  # fmt: skip
_ENGLISH = {"ə͡l": "ᵊl", "ɚ": "əɹ", "ɐ": "ə", "ɬ": "l", "r": "ɹ", "x": "k", "ç": "k", "ʔ": "t", "\u0303": ""}
_AMERICAN = {"ɜːɹ": "ɜɹ", "ɜː": "ɜɹ", "ɪə": "iə", "ː": "", "ɾ": "T", "o": "ɔ", "e": "A"}
_BRITISH = {"e͡ə": "ɛː", "i͡ə": "ɪə", "iə": "ɪə", "o": "ɔ", "e": "A"}
_SYLLABIC = re.compile("(\\S)\u0329")
_OTHER_LANGUAGE = re.compile(r"\([a-z-]+\)")

Phonemes = Callable[[str], str]


def sounds(ipa: str, accent: str) -> str:
    """espeak-ng's IPA with ties, in Kokoro's alphabet. `accent` is the first letter of the voice: `a` American, `b`
    British, or another language's."""
    text = _OTHER_LANGUAGE.sub("", ipa).replace("-", "")
    tables = {"a": (_TIED, _ENGLISH, _AMERICAN), "b": (_TIED, _ENGLISH, _BRITISH)}.get(accent, (_TIED,))
    if accent == "b":
        text = text.replace("e͡ə", "ɛː").replace("i͡ə", "ɪə")
    for table in tables:
        for old, new in table.items():
            text = text.replace(old, new)
    return _SYLLABIC.sub(r"ᵊ\1", text).replace(_TIE, "").replace("\u0329", "")


def breaths(text: str, language: str, accent: str, phonemes: Phonemes) -> Iterator[list[int]]:
    """The text as lists of tokens, whole sentences as far as they fit."""
    taken: list[int] = []
    for words, mark in clauses(readable(text, language), language):
        for part, sign in _fitting(words, mark or ".", accent, phonemes):
            if taken and len(taken) + 1 + len(part) > LONGEST:
                yield taken
                taken = []
            taken += [*([_TOKENS[" "]] if taken else []), *part]
            if closes(sign) and len(taken) > LONGEST // 2:
                yield taken
                taken = []
    if taken:
        yield taken


def _fitting(words: str, mark: str, accent: str, phonemes: Phonemes) -> Sequence[tuple[list[int], str]]:
    """A clause with its mark; in parts where it is too long for one breath."""
    tokens = [_TOKENS[sign] for sign in sounds(phonemes(words), accent) if sign in _TOKENS]
    if not tokens:
        return []
    if len(tokens) < LONGEST or len(words) < 2:
        return [([*tokens[: LONGEST - 1], _TOKENS[mark]], mark)]
    first, second = halves(words)
    return [*_fitting(first, ",", accent, phonemes), *_fitting(second, mark, accent, phonemes)]
