"""Captions against a profile: length and lines, reading speed, timing, and what deaf viewers need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import regex

from schema.findings import Finding, Fix
from schema.vtt.cues import Cue, Document
from schema.vtt.limits import Limits
from schema.vtt.linebreak import FORBIDDEN, break_cost, wrap
from schema.vtt.markup import escape, opens_with_dash, voice_span
from schema.vtt.profiles import NETFLIX, Audience, Profile
from schema.vtt.quality.report import Report, check_form
from schema.vtt.quality.sound import check_heard, check_sdh, labels_of
from schema.vtt.quality.timing import Timing, check_timing
from schema.vtt.text import graphemes, split_spaces, word_count
from schema.vtt.words import Word

_PARTED = 8.0
"""From this cost on, a line break parts what belongs together."""
_LABEL = regex.compile(r"(?:\p{Lu}[^\s:]*[ \u00a0]){0,3}\p{Lu}[^\s:]*:\s|\([^()]*\)\s*$")
"""Whose turn begins with a line, or a sound that is all of it."""


def check_captions(
    document: Document,
    profile: Profile = NETFLIX,
    language: str = "en",
    frame_rate: Fraction = Fraction(24),
    *,
    words: Sequence[Word] = (),
    sdh: bool = True,
    audience: Audience = "adult",
    scene_changes_ms: Sequence[int] = (),
    duration_ms: int | None = None,
    silences_ms: Sequence[tuple[int, int]] | None = None,
) -> list[Finding]:
    """Every rule that the captions break, in cue order.

    `words` are what is spoken: without them, in- and out-times are not checked. `silences_ms` are the stretches
    without any sound; with the programme's `duration_ms` they tell where sound goes without a caption.
    """
    report = Report(profile)
    limits = Limits.of(profile, language, frame_rate, audience=audience, sdh=sdh)
    check_form(report, document)
    cues = document.cues
    labels = labels_of(cues)
    for index, cue in enumerate(cues):
        after = cues[index + 1] if index + 1 < len(cues) else None
        _check_lines(report, index, cue, language, limits)
        _check_speed(report, index, (cue, after), language, limits)
        if sdh:
            check_sdh(report, index, cue, language, labels)
    check_timing(report, cues, Timing.of(limits, frame_rate, scene_changes_ms, words))
    check_heard(report, cues, words, duration_ms, silences_ms)
    _keep_safe_fixes(report, cues, language, limits)
    return report.in_order()


def _check_lines(report: Report, index: int, cue: Cue, language: str, limits: Limits) -> None:
    limit = limits.line
    lines = cue.plain.split("\n")
    widths = [graphemes(line) for line in lines]
    longest = max(widths)
    if len(lines) > limits.lines or longest > limit:
        fix = _rewrapped(cue, lines, language, limit, limits.lines)
        if len(lines) > limits.lines:
            message = f"The cue has {len(lines)} lines, {limits.lines} are the most."
            report.add("line_count", message, index, cue, measured=len(lines), limit=limits.lines, fix=fix)
        if longest > limit:
            message = f"A line has {longest} characters, {limit} are the most."
            report.add("line_length", message, index, cue, measured=longest, limit=limit, fix=fix)
    elif len(lines) > 1:
        _check_breaks(report, index, cue, lines, language, limit)


def _check_breaks(report: Report, index: int, cue: Cue, lines: list[str], language: str, limit: int) -> None:
    for upper, lower in pairwise(lines):
        left, right = split_spaces(upper), split_spaces(lower)
        if not left or not right or _begins_anew(lower):
            continue
        cost = break_cost(left[-1], right[0], language)
        if cost >= _PARTED:
            why = (
                "begins with a closing mark" if cost >= FORBIDDEN else f"parts “{left[-1]}” from “{right[0]}”"
            )
            fix = _rewrapped(cue, lines, language, limit, report.profile.lines)
            report.add("line_break", f"The second line {why}.", index, cue, fix=fix)
            return


def _begins_anew(line: str) -> bool:
    """Whether it is a turn, a sound or a song of its own."""
    return opens_with_dash(line) or line.startswith((">>", "[", "♪", "♫", "#"))


def _rewrapped(cue: Cue, lines: list[str], language: str, limit: int, most: int) -> Fix | None:
    """The same words on better lines, where the markup is at most one speaker and no line is a turn of its own."""
    if _begins_anew(lines[0]) or any(_begins_anew(line) or _LABEL.match(line) for line in lines[1:]):
        return None
    voice = cue.voice
    bare = escape(cue.plain)
    if cue.text not in (bare, voice_span(voice, bare) if voice else bare):
        return None
    wrapped = wrap(cue.plain, language, limit, most)
    if not wrapped or wrapped == lines:
        return None
    text = escape("\n".join(wrapped))
    return Fix(text=voice_span(voice, text) if voice else text)


def _check_speed(
    report: Report, index: int, around: tuple[Cue, Cue | None], language: str, limits: Limits
) -> None:
    cue, after = around
    if cue.duration_ms <= 0:
        return
    amount, limit, unit, span_ms = _to_read(cue, language, limits)
    measured = round(amount * span_ms / cue.duration_ms, 1)
    if measured <= limit:
        return
    needed_ms = -(-int(amount * span_ms * 10) // int(limit * 10))
    room_ms = after.start_ms - limits.gap_ms - cue.start_ms if after else limits.most_ms
    longer = Fix(end_ms=cue.start_ms + needed_ms) if needed_ms <= min(room_ms, limits.most_ms) else None
    message = f"{measured:g} {unit}; {limit:g} can be read."
    report.add("reading_speed", message, index, cue, measured=measured, limit=limit, fix=longer)


def _to_read(cue: Cue, language: str, limits: Limits) -> tuple[float, float, str, int]:
    """(how much there is to read, how much can be in so many milliseconds, of what, the milliseconds)"""
    if limits.chars_per_second is not None:
        return graphemes(cue.plain), limits.chars_per_second, "characters a second", 1000
    if limits.words_per_minute is not None:
        return word_count(cue.plain, language), limits.words_per_minute, "words a minute", 60_000
    return 0, 1, "", 1


def _keep_safe_fixes(report: Report, cues: Sequence[Cue], language: str, limits: Limits) -> None:
    """Without the fixes that would mend one rule and break another: those are for somebody's judgement."""
    for place, finding in enumerate(report.findings):
        if finding.fix is None or finding.cue_index is None:
            continue
        index, cue = finding.cue_index, cues[finding.cue_index]
        around = cues[index - 1] if index else None, cues[index + 1] if index + 1 < len(cues) else None
        fixed = replace(cue, **finding.fix.model_dump(exclude_none=True))
        faults = zip(
            _faults(fixed, around, language, limits), _faults(cue, around, language, limits), strict=True
        )
        if any(after > before for after, before in faults):
            report.findings[place] = finding.model_copy(update={"fix": None})


def _faults(
    cue: Cue, around: tuple[Cue | None, Cue | None], language: str, limits: Limits
) -> tuple[float, ...]:
    """By how much it breaks each limit that a fix of another may break, 0 for kept."""
    before, after = around
    amount, limit, _, span_ms = _to_read(cue, language, limits)
    lines = cue.plain.split("\n")
    return (
        max(0, before.end_ms + limits.gap_ms - cue.start_ms) if before else 0,
        max(0, cue.end_ms + limits.gap_ms - after.start_ms) if after else 0,
        max(0, limits.least_ms - cue.duration_ms),
        max(0, cue.duration_ms - limits.most_ms),
        max(0, round(amount * span_ms / max(1, cue.duration_ms), 1) - limit),
        max(0, len(lines) - limits.lines),
        max(0, max(map(graphemes, lines)) - limits.line),
    )
