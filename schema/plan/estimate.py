"""How long a description takes before it is spoken: from its text and the voice's rate."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil

from schema.plan.model import Clip, Timebase
from schema.vtt.runs import read_aloud
from schema.vtt.sentences import SENTENCE_SIGNS
from schema.vtt.text import has_letters, word_count, written_as

_SENTENCE = re.compile(rf"(?<![{SENTENCE_SIGNS}])[{SENTENCE_SIGNS}]++(?:(?=\s|$)|(?<=[。！？]))")
_CLAUSE = re.compile(r"[,;:،、，；：—–](?=\s|$)|[、，；：]")

_DIGIT_CHARACTERS = 5
"""A digit is read as a word: "1984" is nine syllables, not four letters."""
_DIGIT_SYLLABLES = {"ja": 2, "ko": 2, "zh": 1}
"""Characters of a digit where each is a syllable."""

_CHARACTERS_A_MINUTE = {
    "en": 900, "es": 990, "pt": 970, "fr": 960, "it": 980, "de": 930, "nl": 920, "sv": 900, "da": 900,
    "no": 900, "fi": 960, "pl": 900, "cs": 880, "ru": 880, "uk": 880, "tr": 920, "ar": 700, "he": 680,
    "hi": 800, "id": 980, "vi": 800, "th": 780, "ja": 340, "ko": 340, "zh": 260,
}  # fmt: skip
"""Letters, marks and spaces a minute at the pace of description, 160 words of English. Where a translation has
more of them than the English (Spanish and German do), it takes longer. Chinese and Japanese at a newsreader's."""


@dataclass(frozen=True, slots=True)
class VoiceRate:
    """How fast a voice speaks, breath between sentences apart."""

    characters_a_minute: int
    sentence_pause_ms: int = 350
    clause_pause_ms: int = 120
    digit_characters: int = _DIGIT_CHARACTERS


def usual_rate(language: str) -> VoiceRate:
    """The rate to expect of a voice that was never measured."""
    written = written_as(language)
    return VoiceRate(
        _CHARACTERS_A_MINUTE.get(written, _CHARACTERS_A_MINUTE["en"]),
        digit_characters=_DIGIT_SYLLABLES.get(written, _DIGIT_CHARACTERS),
    )


def spoken_characters(text: str, digit_characters: int = _DIGIT_CHARACTERS) -> int:
    """Characters as a voice reads them: without tags and with readings of ruby, spaces counted once, a digit as a word."""
    plain = " ".join(read_aloud(text).split())
    digits = sum(map(str.isdigit, plain))
    return len(plain) + digits * (digit_characters - 1)


def count_words(text: str, language: str) -> int:
    """Words to say of a cue's text, rounded up."""
    return ceil(word_count(read_aloud(text), language))


def _pauses_ms(text: str, voice: VoiceRate) -> int:
    plain = read_aloud(text).strip()
    inner = max(0, len(_SENTENCE.findall(plain)) - 1)
    return inner * voice.sentence_pause_ms + len(_CLAUSE.findall(plain)) * voice.clause_pause_ms


def estimate_ms(text: str, voice: VoiceRate) -> int:
    """Milliseconds that `voice` takes to say `text`, silence at its ends trimmed. 0 for nothing to say."""
    if not has_letters(read_aloud(text)):
        return 0
    characters = spoken_characters(text, voice.digit_characters)
    return characters * 60_000 // voice.characters_a_minute + _pauses_ms(text, voice)


def estimate_clip(cue_id: str, text: str, voice: VoiceRate, timebase: Timebase) -> Clip:
    """An estimate in the place of a clip: no hash."""
    return Clip(cue_id=cue_id, length=timebase.to_ticks(estimate_ms(text, voice)))


def measure_rate(spoken: Iterable[tuple[str, int]], usual: VoiceRate) -> VoiceRate:
    """The rate of a voice from (text, milliseconds at speed 1) of its clips; `usual` where there are none."""
    characters = milliseconds = 0
    for text, length_ms in spoken:
        speaking = length_ms - _pauses_ms(text, usual)
        if speaking > 0:
            characters += spoken_characters(text, usual.digit_characters)
            milliseconds += speaking
    if characters == 0:
        return usual
    return replace(usual, characters_a_minute=max(1, characters * 60_000 // milliseconds))
