"""Where a cue is divided that a pause lies in: at a sentence's end that is spoken there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from schema.vtt.cues import Cue
from schema.vtt.markup import split_after_word, words_in
from schema.vtt.sentences import CLOSING_SIGNS, SENTENCE_SIGNS, ends_sentence
from schema.vtt.text import UNSPACED, primary
from schema.vtt.words import Word

_NEAR = 2
"""How many words, or letters of a script without spaces, the heard and the written may differ by."""
_SENTENCE_GOES_ON = frozenset(SENTENCE_SIGNS + CLOSING_SIGNS)


def at_pause(cue: Cue, at_ms: int, words: Sequence[Word], language: str) -> list[Cue]:
    """One cue that a pause lies in, by the words that are spoken during it."""
    middles = [(word.start_ms + word.end_ms) // 2 for word in words]
    spoken = [
        word for word, middle in zip(words, middles, strict=True) if cue.start_ms <= middle < cue.end_ms
    ]
    before = [word for word in spoken if word.start_ms + word.end_ms < 2 * at_ms]
    if not spoken:
        return [cue]
    if len(before) == len(spoken):
        return [replace(cue, end_ms=at_ms)]
    if not before:
        return [replace(cue, start_ms=at_ms)]
    spaced = primary(language) not in UNSPACED
    written = words_in(cue.text, spaced)
    if spaced:
        count = _words_before(written, before, spoken, language)
    else:
        count = _signs_before(written, before, spoken)
    if count is None:
        return [cue]
    first, second = split_after_word(cue.text, count, spaced)
    return [replace(cue, text=first, end_ms=at_ms), replace(cue, text=second, start_ms=at_ms)]


def _words_before(
    written: Sequence[str], before: Sequence[Word], spoken: Sequence[Word], language: str
) -> int | None:
    """How many of the written words stand before the pause, if a sentence ends there.

    The heard words need not be the written ones one by one (numbers, names), so the place is looked for near
    where it is expected, and the word must fit.
    """
    lettered = [*accumulate(bool(_bare(word)) for word in written)]
    said = [_bare(word.text) for word in before if _bare(word.text)]
    every = sum(bool(_bare(word.text)) for word in spoken)
    if not said:
        return None
    expected = len(said) * lettered[-1] / every
    candidates = [
        index + 1
        for index in range(len(written) - 1)
        if lettered[index]
        and not _SENTENCE_GOES_ON.issuperset(written[index + 1])
        and ends_sentence(" ".join(written[: index + 1][-_NEAR:]), language, written[index + 1])
        and abs(lettered[index] - expected) <= _NEAR
        and (_last_said(written[: index + 1]) == said[-1] or lettered[index] == expected)
    ]
    return min(candidates, key=lambda count: abs(lettered[count - 1] - expected)) if candidates else None


def _last_said(written: Sequence[str]) -> str:
    """The last word with a letter: what closes a sentence may stand by itself, as `?` and `»` do in French."""
    return next(filter(None, map(_bare, reversed(written))), "")


def _signs_before(written: Sequence[str], before: Sequence[Word], spoken: Sequence[Word]) -> int | None:
    """The same for a script without spaces: by its letters, of which the last must fit."""
    heard, letters = (_bare("".join(word.text for word in some)) for some in (before, spoken))
    expected = len(heard) * len(_bare("".join(written))) / max(1, len(letters))
    candidates: list[tuple[float, int]] = []
    said = ""
    for count, sign in enumerate(written[:-1], 1):
        said += _bare(sign)
        near = abs(len(said) - expected) <= _NEAR and said[-1:] == heard[-1:]
        if near and written[count] not in _SENTENCE_GOES_ON and ends_sentence("".join(written[:count])):
            candidates.append((abs(len(said) - expected), count))
    return min(candidates)[1] if candidates else None


def _bare(word: str) -> str:
    return "".join(sign for sign in word.lower() if sign.isalnum())
