"""What deaf viewers need: sounds in brackets, speakers as voices, lyrics between notes, and nothing left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import regex

from schema.findings import Fix
from schema.vtt.cues import Cue
from schema.vtt.markup import escape, voice_span
from schema.vtt.quality.report import Report
from schema.vtt.timestamps import format_timestamp
from schema.vtt.words import Word

_IN_PARENTHESES = re.compile(r"^((?:[ \t]*+-)?[ \t]*+)\(([^()\n]+)\)([ \t]*+)$", re.M)
_LABEL = regex.compile(r"^(?:>>\s*)?(\p{Lu}[\p{Lu}\p{M} .'’\-]{1,30}):\s+(?=\S)")
_SURE = 0.5
"""Words below this confidence may not be words."""
_MISSED_WORDS = 3


def check_sdh(report: Report, index: int, cue: Cue) -> None:
    plain = cue.plain
    if "(" in plain and _IN_PARENTHESES.search(plain):
        fixed = _IN_PARENTHESES.sub(r"\1[\2]\3", cue.text) if "<" not in cue.text else None
        fix = Fix(text=fixed) if fixed else None
        report.add("sound_brackets", "Sounds stand in square brackets.", index, cue, fix=fix)
    if plain.count("[") != plain.count("]"):
        report.add("bracket_pair", "A square bracket is not closed, or not opened.", index, cue)
    if ":" in plain:
        label = _LABEL.match(plain)
        if label:
            name = label.group(1).title()
            rest = escape(plain[label.end() :])
            fix = (
                Fix(text=voice_span(name, rest)) if cue.text == escape(plain) and "\n-" not in plain else None
            )
            message = f"The speaker stands in the text; write <v {name}>."
            report.add("speaker_label", message, index, cue, fix=fix)
    if "♪" in plain or "♫" in plain or plain.lstrip().startswith("#"):
        _check_lyrics(report, index, cue, plain.strip())


def _check_lyrics(report: Report, index: int, cue: Cue, plain: str) -> None:
    marks = plain.count("♪") + plain.count("♫")
    if marks and marks % 2 == 0 and plain[:1] in "♪♫-[" and plain[-1:] in "♪♫]":
        return
    if plain in ("♪", "♫"):
        return
    inner = plain.strip("♪♫# \n")
    fix = (
        Fix(text=f"♪ {escape(inner)} ♪")
        if cue.text == escape(cue.plain) and not re.search("[♪♫#]", inner)
        else None
    )
    report.add("lyrics", "Lyrics stand between two notes: ♪ … ♪.", index, cue, fix=fix)


def check_heard(
    report: Report,
    cues: Sequence[Cue],
    words: Sequence[Word],
    duration_ms: int | None,
    silences_ms: Sequence[tuple[int, int]] | None,
) -> None:
    """Speech that no cue covers, and long sound that neither speech nor a cue covers."""
    shown = _merged([(cue.start_ms, cue.end_ms) for cue in cues])
    sure = sorted((word for word in words if word.confidence >= _SURE), key=lambda word: word.start_ms)
    _check_speech(report, sure, shown)
    if duration_ms is None or silences_ms is None:
        return
    heard = [(word.start_ms, word.end_ms) for word in words]
    known = _merged([*shown, *heard, *silences_ms])
    limit = report.profile.uncaptioned_sound_ms
    for (_, free_from), (free_to, _) in pairwise([(0, 0), *known, (duration_ms, duration_ms)]):
        if free_to - free_from >= limit:
            message = (
                f"{(free_to - free_from) / 1000:.1f} s of sound without speech from {format_timestamp(free_from)}, "
                "and no caption says what it is."
            )
            report.add("uncaptioned_sound", message, measured=free_to - free_from, limit=limit)


def _check_speech(report: Report, words: Sequence[Word], shown: Sequence[tuple[int, int]]) -> None:
    missed: list[Word] = []
    position = 0
    # The None after the last word closes a run that is still open there.
    for word in [*words, None]:
        if word is not None:
            middle = (word.start_ms + word.end_ms) // 2
            while position < len(shown) and shown[position][1] <= middle:
                position += 1
            if position == len(shown) or shown[position][0] > middle:
                missed.append(word)
                continue
        if len(missed) >= _MISSED_WORDS:
            text = " ".join(one.text for one in missed[:8]) + (" …" if len(missed) > 8 else "")
            message = (
                f"{len(missed)} words from {format_timestamp(missed[0].start_ms)} have no caption: {text}"
            )
            report.add("uncaptioned_speech", message, measured=len(missed), limit=_MISSED_WORDS)
        missed = []


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, those that touch as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
