"""A translation against its source: what code copied must still be equal, and what a translator may slip on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import regex

from schema.findings import CueTerm, Finding
from schema.vtt.cues import Cue, Document
from schema.vtt.glossary import Term
from schema.vtt.markup import tokens, without_ruby
from schema.vtt.profiles import NETFLIX, Profile
from schema.vtt.quality.language import other_language, script_of
from schema.vtt.quality.numbers import numbers, same_numbers
from schema.vtt.quality.report import Report
from schema.vtt.quality.wording import ReadyTerms, Wording
from schema.vtt.text import graphemes, primary, words_of, written_as

_LETTERS = r"0-9\p{Latin}\p{Cyrillic}\p{Greek}"
_URL = regex.compile(
    rf"(?:https?://|www\.)[!#-&(-/:;=?@\[-`{{-~{_LETTERS}]+|"
    rf"(?<![{_LETTERS}_.+-])[{_LETTERS}_.+-]++@[{_LETTERS}_-]++(?:\.[{_LETTERS}_-]++)+"
)
"""Addresses. Korean particles, and words of scripts without spaces, may follow them directly."""
_NOT_LATIN = regex.compile(r"[^\P{L}\p{Latin}]")
_WITHOUT_CASE = regex.compile(r"(?V1)[\p{Lo}--\p{Latin}]")
_TYPICAL_LENGTH = {"zh": 0.35, "ja": 0.5, "ko": 0.55, "ar": 0.85, "he": 0.85, "th": 0.95}
"""Characters for the same content, English being 1; alphabets not named are near 1.1."""
_SHORT, _LONG, _LEAST_COMPARED = 0.4, 2.2, 20


@dataclass(frozen=True, slots=True)
class TermAccuracy:
    """Of `n` places where the source has a term (counted once a cue), `correct` have its translation."""

    correct: int
    n: int

    @property
    def accuracy(self) -> float | None:
        """None where no term is in the text: not applicable, and not 100 %."""
        return self.correct / self.n if self.n else None


def check_translation(
    source: Document,
    target: Document,
    source_language: str,
    target_language: str,
    glossary_terms: Iterable[Term] | Wording = (),
    profile: Profile = NETFLIX,
) -> list[Finding]:
    """Findings by cue of the target. Lines, timing and reading speed of the target are `check_captions`' own."""
    report = Report(profile)
    glossary = _ready(glossary_terms, source_language, target_language)
    pairs = _pairs(report, source, target)
    for index, before, after in pairs:
        if not after.plain.strip():
            message = "The cue is not translated: it is empty."
            report.add("translation_cue_missing", message, index, after)
            continue
        _check_copied(report, index, before, after)
        _check_facts(report, index, before, after)
        if primary(source_language) != primary(target_language):
            _check_untranslated(report, index, before, after, glossary, target_language)
        _check_length(report, index, before, after, source_language, target_language)
        glossary.check(report, index, before, after)
    text = "\n".join(after.plain for _, _, after in pairs)
    found = other_language(text, source_language, target_language)
    if found is not None:
        report.add("wrong_language", f"The text is not in {target_language}: {found}.")
    return report.in_order()


def terms_of_cues(
    source: Document,
    target: Document,
    source_language: str,
    target_language: str,
    glossary_terms: Iterable[Term] | Wording,
) -> list[CueTerm]:
    """The terms that stand in each cue of the source, with what is wanted of its translation."""
    glossary = _ready(glossary_terms, source_language, target_language)
    return list(glossary.of_cues(_pairs(Report(NETFLIX), source, target)))


def term_accuracy(terms: Iterable[CueTerm]) -> TermAccuracy:
    results = [term.kept for term in terms]
    return TermAccuracy(sum(results), len(results))


def _ready(terms: Iterable[Term] | Wording, source_language: str, target_language: str) -> Wording:
    if isinstance(terms, Wording):
        return terms
    return Wording(ReadyTerms(terms, source_language, target_language))


def _pairs(report: Report, source: Document, target: Document) -> list[tuple[int, Cue, Cue]]:
    """(index in the target, source cue, target cue), by id where the source has ids, else by place."""
    old, new = source.cues, target.cues
    if not all(cue.id for cue in old):
        if len(old) != len(new):
            message = f"The translation has {len(new)} cues, its source {len(old)}."
            report.add("translation_cue_missing", message, measured=len(new), limit=len(old))
        return [(index, a, b) for index, (a, b) in enumerate(zip(old, new, strict=False))]
    by_id = source.by_id()
    found = {cue.id for cue in new}
    for cue in old:
        if cue.id not in found:
            report.add(
                "translation_cue_missing",
                f"Cue {cue.id} of the source has no translation.",
                measured=0,
                limit=1,
            )
    for index, cue in enumerate(new):
        if cue.id not in by_id:
            report.add("translation_cue_extra", "The source has no cue with this id.", index, cue)
    return [(index, by_id[cue.id], cue) for index, cue in enumerate(new) if cue.id in by_id]


def _check_copied(report: Report, index: int, before: Cue, after: Cue) -> None:
    if (before.start_ms, before.end_ms) != (after.start_ms, after.end_ms):
        report.add("translation_timing", "The cue's times are not those of its source.", index, after)
    if _tags(before) != _tags(after) or before.settings != after.settings:
        message = "Speakers, tags or settings are not those of the source."
        report.add("translation_markup", message, index, after)


def _tags(cue: Cue) -> Counter[str]:
    if "<" not in cue.text:
        return Counter()
    text = without_ruby(cue.text)  # a reading is of the source's script
    return Counter(token.raw for token in tokens(text) if token.kind in ("start", "time"))


def _check_facts(report: Report, index: int, before: Cue, after: Cue) -> None:
    source, target = (_URL.sub(" ", cue.plain) for cue in (before, after))
    missing, extra = numbers(source) - numbers(target), numbers(target) - numbers(source)
    if missing and not same_numbers(source, target):
        message = f"The source has {', '.join(missing)}" + (
            f", here stands {', '.join(extra)}." if extra else "."
        )
        report.add("translation_number", message, index, after)
    lost = [url for url, count in Counter(_urls(before.plain)).items() if _stands(url, after.plain) < count]
    if lost:
        report.add("translation_url", f"{', '.join(lost)} must stand here as in the source.", index, after)


def _urls(text: str) -> list[str]:
    return [found.rstrip(".,;:!?)") for found in _URL.findall(text)]


def _stands(url: str, text: str) -> int:
    """How often it stands there, not as a part of another; endings of the language may follow (`:ssa`, `-on`)."""
    another = r"[A-Za-z0-9_%&=#]|[./?@][A-Za-z0-9]"
    return len(re.findall(rf"(?<![A-Za-z0-9_.]){re.escape(url)}(?!{another})", text))


def _check_untranslated(
    report: Report, index: int, before: Cue, after: Cue, glossary: Wording, language: str
) -> None:
    plain = " ".join(after.plain.split())
    if plain.casefold() != " ".join(before.plain.split()).casefold():
        return
    bare = glossary.without_kept(_URL.sub(" ", plain))
    # Names stay as they are: a cue is a sentence only where it has words in lower case, or a script without capitals, or
    # one that the language is not written in.
    small = sum(1 for word in words_of(bare) if word[:1].islower())
    script = script_of(language)
    strange = _NOT_LATIN.search(bare) and not (script and script.search(bare))
    if small >= 2 or strange or _WITHOUT_CASE.search(bare):
        report.add("untranslated", "The text is the same as in the source.", index, after)


def _check_length(report: Report, index: int, before: Cue, after: Cue, source: str, target: str) -> None:
    length = graphemes(before.plain)
    if length < _LEAST_COMPARED:
        return
    usual = _TYPICAL_LENGTH.get(written_as(target), 1.1) / _TYPICAL_LENGTH.get(written_as(source), 1.1)
    ratio = round(graphemes(after.plain) / length / usual, 2)
    if _SHORT <= ratio <= _LONG:
        return
    limit = _SHORT if ratio < _SHORT else _LONG
    side = "short" if ratio < _SHORT else "long"
    message = f"The text is {ratio:g} times as long as usual for its source, which is suspiciously {side}."
    report.add("translation_length", message, index, after, measured=ratio, limit=limit)
