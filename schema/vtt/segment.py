"""Words into captions, by a profile's rules.

The words are cut where the speaker changes or a long silence lies, and each piece is divided into cues as a whole
(dynamic programming over the cost of every possible cue), so that an early cue never spoils a later one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from schema.vtt.cues import Cue, Document
from schema.vtt.joining import joined
from schema.vtt.limits import Limits
from schema.vtt.linebreak import Layout
from schema.vtt.linguistics import break_rules
from schema.vtt.markup import escape, voice_span
from schema.vtt.profiles import Audience, Profile
from schema.vtt.sentences import ends_sentence
from schema.vtt.sounds import among
from schema.vtt.text import ends_in_word, primary, split_spaces, with_capital
from schema.vtt.turns import Draft, Token, in_turns, shared
from schema.vtt.words import Sound, Word

_LONG_SILENCE_MS = 1_500
"""Ends a caption in any case: nobody wants to read across it."""
_A_CUE, _A_SENTENCE_INSIDE, _A_LONE_WORD = 3.0, 2.5, 3.0
_END_FACTOR = 1.5


def segment(
    words: Sequence[Word],
    profile: Profile,
    language: str,
    frame_rate: Fraction,
    *,
    scene_changes_ms: Sequence[int] = (),
    punctuated: bool | None = None,
    audience: Audience = "adult",
    sdh: bool = True,
    sounds: Sequence[Sound] = (),
) -> list[Cue]:
    """Captions that say every word once, in order, with ids, voices and lines.

    `words` are in time order. `punctuated` is whether their text has punctuation (None: found out); without it,
    a silence of the profile's length ends a sentence, which is given its capital and its stop. Two who speak in quick
    turns share a caption, with a dash each. `sounds` stand between. Limits give way
    only where words leave no choice: one longer than a line, or speech faster than can be read.
    """
    tokens = joined(_tokens(words), language)
    if punctuated is None:
        punctuated = any(_closes(tokens, language))
    tokens = in_turns(tokens, language)
    if not punctuated:
        tokens = _punctuate(tokens, language, profile.sentence_silence_ms)
    limits = Limits.of(profile, language, frame_rate, audience=audience, sdh=sdh)
    silence = _LONG_SILENCE_MS if punctuated else profile.sentence_silence_ms
    drafts: list[Draft] = []
    for first, stop in _runs(tokens, silence):
        until = tokens[stop].start_ms if stop < len(tokens) else None
        drafts += _divide(tokens[first:stop], until, language, limits)
    cuts = sorted(scene_changes_ms)
    return _timed(among(list(shared(drafts, limits)), sounds, cuts, language, limits), cuts, limits)


def _tokens(words: Sequence[Word]) -> list[Token]:
    """Words with something in them; times that never go back, ends after starts."""
    tokens: list[Token] = []
    latest = 0
    for word in words:
        text = " ".join(split_spaces(word.text)).replace("\0", "\ufffd")
        if text:
            latest = max(latest, word.start_ms)
            tokens.append(Token(text, latest, max(latest, word.end_ms), word.speaker))
    return tokens


def _runs(tokens: Sequence[Token], silence_ms: int) -> list[tuple[int, int]]:
    """Stretches of words that may share a cue: one speaker, no long silence."""
    if not tokens:
        return []
    edges = [0]
    for index in range(1, len(tokens)):
        before, token = tokens[index - 1], tokens[index]
        if token.speaker != before.speaker or token.start_ms - before.end_ms >= silence_ms:
            edges.append(index)
    return list(zip(edges, [*edges[1:], len(tokens)], strict=True))


def _punctuate(tokens: Sequence[Token], language: str, silence_ms: int) -> list[Token]:
    """A capital at each start, a stop at each end, `I` for the English pronoun."""
    stop, english = break_rules(language).stop, primary(language) == "en"
    punctuated: list[Token] = []
    for first, end in _runs(tokens, silence_ms):
        for index in range(first, end):
            token = tokens[index]
            text = token.text
            if index == first or (english and text.split("'")[0] == "i"):
                text = with_capital(text, language)
            if index == end - 1 and ends_in_word(text):
                text += stop
            punctuated.append(Token(text, token.start_ms, token.end_ms, token.speaker))
    return punctuated


def _divide(run: Sequence[Token], until_ms: int | None, language: str, limits: Limits) -> list[Draft]:
    """The cheapest division of a run into cues, each as (first token, last token, cue text)."""
    layout = Layout([token.text for token in run], language, limits.line)
    closes = _closes(run, language)
    inside = _inside_costs(run, closes)
    count = len(run)
    best: list[float] = [0.0] + [float("inf")] * count
    cut: list[tuple[int, tuple[int, ...]]] = [(0, ())] * (count + 1)
    for first in range(count):
        for stop in range(first + 1, count + 1):
            lone = stop - first == 1
            if not lone and run[stop - 1].end_ms - run[first].start_ms > limits.most_ms:
                break
            lines = layout.divide(first, stop, limits.lines)
            if lines is None:
                break
            after_ms = run[stop].start_ms if stop < count else until_ms
            end = layout.costs[stop] * _END_FACTOR if stop < count else 0.0
            cost = best[first] + _A_CUE + lines[0] + end + inside[stop - 1] - inside[first]
            cost += _time_cost(run, first, stop, after_ms, layout.width(first, stop), limits)
            if lone and not closes[first]:
                cost += _A_LONE_WORD
            if cost < best[stop]:
                best[stop], cut[stop] = cost, (first, lines[1])
    cues: list[Draft] = []
    stop = count
    while stop:
        first, breaks = cut[stop]
        text = escape("\n".join(layout.lines(first, stop, breaks)))
        cues.append((run[first], run[stop - 1], voice_span(run[first].speaker or "", text)))
        stop = first
    return cues[::-1]


def _closes(tokens: Sequence[Token], language: str) -> list[bool]:
    """Whether a sentence ends with each."""
    following = [token.text for token in tokens[1:]]
    return [
        ends_sentence(token.text, language, after)
        for token, after in zip(tokens, [*following, None], strict=False)
    ]


def _inside_costs(run: Sequence[Token], closes: Sequence[bool]) -> list[float]:
    """Summed up to each word: what it costs that a cue goes on across a sentence's end, or a silence."""
    sums = [0.0]
    for (before, token), closed in zip(pairwise(run), closes, strict=False):
        silence = token.start_ms - before.end_ms
        cost = max(0, silence - 300) / 200
        sums.append(sums[-1] + cost + (_A_SENTENCE_INSIDE if closed else 0.0))
    return sums


def _time_cost(
    run: Sequence[Token], first: int, stop: int, after_ms: int | None, chars: int, limits: Limits
) -> float:
    """What it costs to be too short, or too fast to read, in the time that there is until `after_ms`."""
    start, end = run[first].start_ms, run[stop - 1].end_ms
    out = max(end + limits.late_ms, start + limits.least_ms)
    if after_ms is not None and out + limits.close_ms >= after_ms:
        out = after_ms - limits.gap_ms
    shown = max(out - start, 1)
    cost = max(0, limits.least_ms - shown) / limits.least_ms * 20 + max(0, shown - limits.most_ms) / 100
    if limits.chars_per_second is not None:
        pace = chars * 1000 / shown / limits.chars_per_second
    elif limits.words_per_minute is not None:
        pace = (stop - first) * 60_000 / shown / limits.words_per_minute
    else:
        return cost
    return cost + max(0.0, min(pace, 10.0) - 1) * 10


def _timed(drafts: Sequence[Draft], cuts: Sequence[int], limits: Limits) -> list[Cue]:
    """In and out: on the first word or the shot change just before it; up to 12 frames past the last word, longer
    only for the least duration; two frames before the next cue, or before a shot change that is near."""
    ins: list[int] = []
    for index, (first, last, _text) in enumerate(drafts):
        silent_from = drafts[index - 1][1].end_ms + limits.gap_ms if index else 0
        earliest = max(silent_from, first.start_ms - limits.shot_ms, last.end_ms - limits.most_ms)
        start = _shot_before(first.start_ms, earliest, cuts)
        ins.append(max(start, ins[-1] + 1) if ins else start)
    cues: list[Cue] = []
    for index, (_first, last, text) in enumerate(drafts):
        start, spoken = ins[index], max(last.end_ms, ins[index])
        room = ins[index + 1] - limits.gap_ms if index + 1 < len(ins) else None
        out = spoken + limits.late_ms
        nearest = bisect_left(cuts, spoken + limits.gap_ms)
        if nearest < len(cuts) and cuts[nearest] <= out + limits.shot_ms:
            out = cuts[nearest] - limits.gap_ms
        out = min(max(out, start + limits.least_ms), max(start + limits.most_ms, spoken))
        if room is not None and out + limits.close_ms - limits.gap_ms >= room:
            out = min(room, max(start + limits.most_ms, spoken))
        cues.append(Cue("", start, max(out, start + 1), text))
    return list(Document.of(cues).with_ids().cues)


def _shot_before(start_ms: int, earliest_ms: int, cuts: Sequence[int]) -> int:
    """The last shot change from `earliest_ms` to `start_ms`, or `start_ms` itself."""
    index = bisect_left(cuts, start_ms + 1) - 1
    return cuts[index] if index >= 0 and earliest_ms <= cuts[index] else start_ms
