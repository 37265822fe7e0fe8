"""The terms of a job's glossary version, prepared for search in the lines of a translation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from uuid import UUID

from activities.ports import Line, TermHint
from schema.vtt.cues import Cue
from schema.vtt.glossary import Term, Terms
from schema.vtt.markup import escape
from schema.vtt.profiles import NETFLIX
from schema.vtt.quality.report import Report
from schema.vtt.quality.wording import ReadyTerms, Wording


@dataclass(frozen=True, slots=True)
class Words:
    """`version_id` is None if the job follows no glossary."""

    version_id: UUID | None
    terms: Sequence[Term]
    """Of the target language."""
    ready: tuple[Terms, Terms]
    """The wanted and the forbidden terms. Both may occur in the same place."""
    wording: Wording

    @classmethod
    def of(cls, version_id: UUID | None, terms: Sequence[Term], source: str, target: str) -> Words:
        """For a pair of languages. CPU-bound: some tenths of a second for 50,000 terms."""
        wanted = [term for term in terms if term.wanted]
        forbidden = [term for term in terms if term.forbidden]
        ready = (_ready(wanted, source), _ready(forbidden, source))
        return cls(version_id, terms, ready, Wording(ReadyTerms(terms, source, target)))

    def wrong(self, source: str, translation: str) -> list[str]:
        """Where a line's translation violates the glossary, in the words of the quality rules."""
        report = Report(NETFLIX)
        self.wording.check(report, 0, *(Cue("", 0, 1, escape(text)) for text in (source, translation)))
        return [finding.message for finding in report.in_order()]

    def standing_in(self, lines: Sequence[Line]) -> list[TermHint]:
        """Every term in a line, as it is written there. Longest first, and in the same order in every process, because
        the terms are part of the key of a stored answer."""
        found = {match.term for terms in self.ready for line in lines for match in terms.find(line.text)}
        hints = (
            TermHint(
                term.source,
                (term.target or term.source) if term.forbidden else term.wanted,
                do_not_translate=term.do_not_translate and not term.forbidden,
                case_sensitive=term.case_sensitive,
                forbidden=term.forbidden,
            )
            for term in found
        )
        return sorted(hints, key=lambda hint: (-len(hint.source), astuple(hint)))


def _ready(terms: Iterable[Term], language: str) -> Terms:
    return Terms(((term.source, term) for term in terms), language)
