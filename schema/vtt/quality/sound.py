"""What deaf viewers need: sounds in brackets, speakers as voices, lyrics between notes, and nothing left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence

import regex

from schema.findings import Fix
from schema.vtt.cues import Cue
from schema.vtt.linguistics import break_rules
from schema.vtt.markup import escape, unescape
from schema.vtt.quality.report import Report
from schema.vtt.sentences import ends_sentence
from schema.vtt.sounds import merged, unnamed_sounds
from schema.vtt.text import word_count, words_of
from schema.vtt.timestamps import format_timestamp
from schema.vtt.words import Word

_IN_PARENTHESES = re.compile(r"^((?:[ \t]*+-)?[ \t]*+)\(([^()\n]+)\)([ \t]*+)$", re.M)
_SOUND_WORDS = 3
"""A sound is told shortly; what is longer may be an aside."""
_LABEL = regex.compile(r"^(>>\s*)?(\p{Lu}[\p{Lu}\p{M} .'’\-]{1,30}):\s+(?=\S)")
_NO_SOUND = re.compile(r"[.,;:?!…+=/%]|\d")
"""Clauses, figures and formulas."""
_ELIDED = re.compile("(?<=['’])")
_SUNG = re.compile(r"^\s*#(?:\s+(?![0-9])[^#]+#?|[^#\s][^#]*\s#)\s*$")
"""Lyrics between number signs, or after one that stands apart. A hashtag is none."""
_TURNS = re.compile("\n(?=[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]*[-‐–—])")
_NOTES = re.compile("[♪♫]")
_SURE = 0.5
"""Words below this confidence may not be words."""
_MISSED_WORDS = 3


def labels_of(cues: Sequence[Cue]) -> frozenset[str]:
    """The names in capitals that more than one cue begins with: `WARNING:` and `NASA:` may be text."""
    found = Counter(label.group(2) for cue in cues if ":" in cue.text and (label := _LABEL.match(cue.plain)))
    return frozenset(name for name, count in found.items() if count > 1)


def check_sdh(report: Report, index: int, cue: Cue, language: str, labels: Container[str]) -> None:
    plain = cue.plain
    if "(" in plain and (sounds := _sounds(plain, language)):
        fixed = _in_brackets(cue.text, sounds) if "<" not in cue.text else None
        fix = Fix(text=fixed) if fixed else None
        report.add("sound_brackets", "Sounds stand in square brackets.", index, cue, fix=fix)
    if plain.count("[") != plain.count("]"):
        report.add("bracket_pair", "A square bracket is not closed, or not opened.", index, cue)
    label = _LABEL.match(plain) if ":" in plain else None
    if label and (label.group(1) or label.group(2) in labels):
        name = label.group(2).title()
        message = f"The speaker stands in the text; write <v {name}>."
        report.add("speaker_label", message, index, cue)
    if "♪" in plain or "♫" in plain or _SUNG.match(plain):
        _check_lyrics(report, index, cue, plain.strip())


def _sounds(plain: str, language: str) -> list[str]:
    """What in parentheses is all of a line and tells a sound; what a sentence goes on to is an aside."""
    sounds: list[str] = []
    before = ""
    for line in plain.split("\n"):
        found = _IN_PARENTHESES.match(line)
        open_before = any(map(str.isalpha, before)) and not ends_sentence(before, language)
        if found and not open_before and _is_sound(found.group(2), language):
            sounds.append(found.group(2))
        else:
            before = line
    return sounds


def _is_sound(text: str, language: str) -> bool:
    """Whether it is in capitals; or a few words, none of which is a pronoun or an article, or begins a clause."""
    if text.isupper():
        return True
    if not any(map(str.isalpha, text)) or _NO_SOUND.search(text):
        return False
    words = [part for word in words_of(text) for part in _ELIDED.split(word.lower())]
    rules = break_rules(language)
    short = word_count(text, language) <= _SOUND_WORDS
    return short and words[0] not in rules.opens and rules.holds.isdisjoint(words)


def _in_brackets(text: str, sounds: Container[str]) -> str:
    return _IN_PARENTHESES.sub(
        lambda found: f"{found[1]}[{found[2]}]{found[3]}" if unescape(found[2]) in sounds else found[0], text
    )


def _check_lyrics(report: Report, index: int, cue: Cue, plain: str) -> None:
    if ("♪" in plain or "♫" in plain) and all(map(_between_notes, _TURNS.split(plain))):
        return
    inner = plain.strip("♪♫# \n")
    fix = (
        Fix(text=f"♪ {escape(inner)} ♪")
        if cue.text == escape(cue.plain) and not re.search("[♪♫#]|^[-–]", inner, re.M)
        else None
    )
    report.add("lyrics", "Lyrics stand between two notes: ♪ … ♪.", index, cue, fix=fix)


def _between_notes(turn: str) -> bool:
    """Whether what is sung in it stands between notes; a note alone, or in brackets, is music."""
    bare = turn.strip("-‐–—[]() \n")
    marks = bare.count("♪") + bare.count("♫")
    if marks == 0 or len(bare) == 1 or (marks % 2 == 0 and bare[0] in "♪♫" and bare[-1] in "♪♫"):
        return True
    lines = [_NOTES.split(line) for line in turn.split("\n")]
    # something may stand beside a song: who sings, or what is said
    return all(len(parts) == 1 or (len(parts) == 3 and parts[1].strip()) for parts in lines)


def check_heard(
    report: Report,
    cues: Sequence[Cue],
    words: Sequence[Word],
    duration_ms: int | None,
    silences_ms: Sequence[tuple[int, int]] | None,
) -> None:
    """Speech that no cue covers, and long sound that neither speech nor a cue covers."""
    shown = merged([(cue.start_ms, cue.end_ms) for cue in cues])
    sure = sorted((word for word in words if word.confidence >= _SURE), key=lambda word: word.start_ms)
    _check_speech(report, sure, shown)
    if duration_ms is None or silences_ms is None:
        return
    heard = [(word.start_ms, word.end_ms) for word in words]
    limit = report.profile.uncaptioned_sound_ms
    for start, end in unnamed_sounds([*shown, *heard, *silences_ms], duration_ms, limit):
        message = (
            f"{(end - start) / 1000:.1f} s of sound without speech from {format_timestamp(start)}, "
            "and no caption says what it is."
        )
        report.add("uncaptioned_sound", message, measured=end - start, limit=limit)


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
