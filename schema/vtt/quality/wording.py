"""A client's terms against a translation: which stand in a cue of the source, whether its translation has what is
wanted, and what it must not have."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schema.findings import CueTerm
from schema.vtt.cues import Cue
from schema.vtt.forms import Text, Wanted, stemmer_of
from schema.vtt.glossary import Term, Terms
from schema.vtt.profiles import Rule
from schema.vtt.quality.report import Report
from schema.vtt.text import flat


@dataclass(frozen=True, slots=True)
class Held:
    """A term of the source cue, and whether the translation has it. Where one source has several rows (homonyms), any of
    their translations will do."""

    terms: tuple[Term, ...]
    kept: bool

    @property
    def term(self) -> Term:
        return self.terms[0]

    @property
    def wanted(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(term.wanted for term in self.terms))


class ReadyTerms:
    """The terms of a glossary version, made ready to be found in texts of one pair of languages. Never changes, so that
    threads share it."""

    def __init__(self, terms: Iterable[Term], source_language: str, target_language: str) -> None:
        """CPU-bound: some tenths of a second for 50,000 terms."""
        every = list(terms)
        kept = [term for term in every if term.wanted]
        self.source_language, self.language = source_language, target_language
        self.size = len(every)
        self.source = Terms(((term.source, term) for term in kept), source_language)
        self.homonyms: dict[object, list[Term]] = {}
        for term in kept:
            self.homonyms.setdefault(_same(term), []).append(term)
        self.same = Terms(
            ((term.wanted, term) for term in kept if term.wanted == term.source), target_language
        )
        avoided = ((word, term) for term in every if term.forbidden for word in _avoided(term))
        self.forbidden = Terms(avoided, target_language)


class Wording:
    """The terms, and what was made of them for the cues of one text. Not shared by threads."""

    def __init__(self, ready: ReadyTerms) -> None:
        self._ready = ready
        self._stemmer = stemmer_of(ready.language)
        self._wanted: dict[Term, Wanted] = {}

    def held(self, before: Cue, after: Cue) -> list[Held]:
        """Each term of the source cue, once."""
        matches = self._ready.source.find(flat(before.plain, self._ready.source_language))
        if not matches:
            return []
        language = self._ready.language
        text = Text(flat(after.plain, language), language, self._stemmer)
        groups = dict.fromkeys(_same(match.term) for match in matches)
        return [
            Held(tuple(terms), any(self._wants(term).stands_in(text) for term in terms))
            for terms in (self._ready.homonyms[group] for group in groups)
        ]

    def _wants(self, term: Term) -> Wanted:
        """Made when it is first asked for: of fifty thousand terms a text has a few."""
        if term not in self._wanted:
            self._wanted[term] = Wanted(term, self._ready.language, self._stemmer)
        return self._wanted[term]

    def without_kept(self, text: str) -> str:
        """The text without the terms that are the same in both languages."""
        text = unicodedata.normalize("NFC", text)
        for match in reversed(self._ready.same.find(text)):
            text = text[: match.start] + text[match.end :]
        return text

    def check(self, report: Report, index: int, before: Cue, after: Cue) -> None:
        for held in self.held(before, after):
            if held.kept:
                continue
            term, wanted = held.term, " or ".join(f"“{each}”" for each in held.wanted)
            rule: Rule = "glossary_term"
            message = f"The glossary has {wanted} for “{term.source}”."
            if term.do_not_translate:
                rule, message = "glossary_do_not_translate", f"“{term.source}” is not to be translated."
            report.add(rule, message, index, after, term=term.source, wanted=held.wanted[0])
        for match in self._ready.forbidden.find(flat(after.plain, self._ready.language)):
            term, word = match.term, match.term.target or match.term.source
            note = f" ({term.notes})" if term.notes else ""
            report.add(
                "glossary_forbidden", f"“{word}” is not to be used{note}.", index, after, term=term.source
            )

    def of_cues(self, pairs: Iterable[tuple[int, Cue, Cue]]) -> Iterator[CueTerm]:
        """For (index in the target, source cue, target cue)."""
        for index, before, after in pairs:
            for held in self.held(before, after):
                term = held.term
                yield CueTerm(
                    cue_id=after.id or None,
                    cue_index=index,
                    term=term.source,
                    wanted=held.wanted,
                    kept=held.kept,
                    do_not_translate=term.do_not_translate,
                    notes=term.notes or None,
                    stands_in=term.stands_in or None,
                )


def _same(term: Term) -> object:
    """What homonyms have alike."""
    source = unicodedata.normalize("NFC", term.source)
    return (source, True) if term.case_sensitive else (source.casefold(), False)


def _avoided(term: Term) -> tuple[str, ...]:
    return (term.target or term.source, *term.forms)
