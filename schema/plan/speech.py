"""What counts as speech: words of any confidence, dialogue cues that no word covers, sung lyrics, and stretches in which
a voice was heard, whatever it said."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Protocol

from schema.plan.model import Timebase
from schema.plan.profile import NETFLIX, PlanProfile
from schema.vtt.markup import plain_text
from schema.vtt.sentences import CLOSING_SIGNS, SENTENCE_SIGNS, ends_sentence
from schema.vtt.text import has_letters


class WordLike(Protocol):
    """`schema.vtt.words.Word`, or anything with its times and text."""

    @property
    def text(self) -> str: ...
    @property
    def start_ms(self) -> int: ...
    @property
    def end_ms(self) -> int: ...


class CaptionLike(Protocol):
    """A caption cue; tags may still be in its text."""

    @property
    def text(self) -> str: ...
    @property
    def start_ms(self) -> int: ...
    @property
    def end_ms(self) -> int: ...


class SpanLike(Protocol):
    """`schema.contracts.media.Span`: half-open, milliseconds."""

    @property
    def start_ms(self) -> int: ...
    @property
    def end_ms(self) -> int: ...


_WORDS_END_MS = 500
"""A voice that is heard for so long after a word is the end of that word. Longer, it is a word that was missed."""
_CLOSING = frozenset(SENTENCE_SIGNS + CLOSING_SIGNS + " \t\n")
_SOUND = re.compile(
    r"\[[^\]]{0,500}+\]|\([^)]{0,500}+\)|（[^）]{0,500}+）|【[^】]{0,500}+】|［[^］]{0,500}+］"
)
"""No longer than a caption may sensibly be, so that brackets that nobody closes are passed over quickly."""

_Spoken = tuple[int, int, bool]
"""start_ms, end_ms, whether a sentence ends with it"""


@dataclass(frozen=True, slots=True)
class Speech:
    """Disjoint intervals in ticks, in order: `starts[i]` to `ends[i]`; `closes[i]` where a sentence ends there.

    Words that touch are one interval unless a sentence ends between them, so every place between two intervals
    is a word boundary.
    """

    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    closes: tuple[bool, ...] = ()

    def within(self, duration: int) -> Speech:
        """What of it lies in a programme of `duration` ticks: recognisers hear words past the end."""
        if not self.ends or self.ends[-1] <= duration:
            return self
        kept = bisect_left(self.starts, duration)
        ends = tuple([min(end, duration) for end in self.ends[:kept]])
        return Speech(self.starts[:kept], ends, self.closes[:kept])

    def inside(self, tick: int) -> int | None:
        """The index of the interval that `tick` lies strictly inside of."""
        i = bisect_left(self.starts, tick) - 1
        return i if i >= 0 and tick < self.ends[i] else None


def is_spoken(text: str) -> tuple[bool, bool]:
    """(said or sung, sung) for a caption's text: `[sounds]` and bare notes are neither."""
    plain = _SOUND.sub("", plain_text(text))
    said = has_letters(plain)
    return said, said and ("♪" in plain or "♫" in plain)


def find_speech(
    words: Sequence[WordLike],
    captions: Sequence[CaptionLike],
    timebase: Timebase,
    *,
    voiced: Iterable[SpanLike] = (),
    language: str = "",
    punctuated: bool | None = None,
    profile: PlanProfile = NETFLIX,
) -> Speech:
    """Merge words, uncovered captions and the stretches that are `voiced` (in order, disjoint) into speech, in ticks.

    A sentence ends with its punctuation, at the end of a caption that closes one, at a silence of
    `sentence_silence_ms` where the words carry no punctuation, and at `long_silence_ms` in any case. `language` is
    what is spoken, whose abbreviations end none.
    """
    closing = _CLOSING
    spoken: list[_Spoken] = []
    for place, word in enumerate(words, 1):
        text = word.text
        after = words[place].text if place < len(words) else None
        closes = text[-1:] in closing and ends_sentence(text, language, after)
        start, end = word.start_ms, word.end_ms
        spoken.append((start, end if end > start else start + 1, closes))
    if any(a[0] > b[0] for a, b in pairwise(spoken)):
        spoken.sort(key=itemgetter(0, 1))
    if punctuated is None:
        punctuated = any(closes for _, _, closes in spoken)
    if captions:
        spoken = _with_captions(spoken, captions, language)
    spoken = _with_voices(spoken, voiced)
    silence = profile.long_silence_ms if punctuated else profile.sentence_silence_ms
    return _merge(spoken, timebase, silence)


def _with_captions(words: list[_Spoken], captions: Iterable[CaptionLike], language: str) -> list[_Spoken]:
    """Add the captions that count as speech, and close the sentences that captions close."""
    spoken = sorted(words, key=lambda word: word[0] + word[1])
    middles = [(start + end) // 2 for start, end, _ in spoken]
    for caption in captions:
        said, sung = is_spoken(caption.text)
        if not said or caption.end_ms <= caption.start_ms:
            continue
        closes = ends_sentence(plain_text(caption.text).rstrip("♪♫ \n"), language)
        first = bisect_left(middles, caption.start_ms)
        after = bisect_left(middles, caption.end_ms)
        if sung or first == after:
            spoken.append((caption.start_ms, caption.end_ms, closes))
        elif closes:
            start, end, _ = spoken[after - 1]
            spoken[after - 1] = (start, end, True)
    spoken.sort(key=itemgetter(0, 1))
    return spoken


def _with_voices(spoken: list[_Spoken], voiced: Iterable[SpanLike]) -> list[_Spoken]:
    """Add what nobody has words for. A short rest goes to the word before it, so that a sentence's end stays one."""
    words = list(spoken)
    missed: list[_Spoken] = []
    first = 0
    for span in voiced:
        at, before = span.start_ms, None
        while first < len(words) and words[first][1] <= span.start_ms:
            first += 1
        place = first
        while at < span.end_ms:
            inside = place < len(words) and words[place][0] < span.end_ms
            until = words[place][0] if inside else span.end_ms
            if until > at and before is not None and until - at <= _WORDS_END_MS:
                start, _, closes = words[before]
                words[before] = (start, until, closes)
            elif until > at:
                missed.append((at, until, False))
            if not inside:
                break
            if words[place][1] >= at:
                at, before = words[place][1], place
            place += 1
    return sorted([*words, *missed], key=itemgetter(0, 1)) if missed else words


def _merge(spoken: list[_Spoken], timebase: Timebase, silence_ms: int) -> Speech:
    if not spoken:
        return Speech()
    starts: list[int] = []
    ends: list[int] = []
    closing: list[bool] = []
    start, end, closes = spoken[0]
    for next_start, next_end, next_closes in spoken:
        if next_start < end or (next_start == end and not closes):
            if next_end >= end:
                end, closes = next_end, next_closes
            continue
        starts.append(start)
        ends.append(end)
        closing.append(closes or next_start - end >= silence_ms)
        start, end, closes = next_start, next_end, next_closes
    starts.append(start)
    ends.append(end)
    closing.append(True)
    rate = timebase.rate
    return Speech(
        tuple([(t * rate + 500) // 1000 for t in starts]),
        tuple([(t * rate + 500) // 1000 for t in ends]),
        tuple(closing),
    )
