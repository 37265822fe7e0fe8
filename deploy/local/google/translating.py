"""How the simulated model translates: with Apertium if it has the pair, otherwise by pseudo-localisation. Glossary
terms appear as requested, except for a seeded share that it drops or inflects."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import Any

from activities.local.translator import ApertiumTranslator
from activities.ports import Line, TermHint
from deploy.local.google.answers import pseudo
from deploy.local.google.forgetful import Forgetful, quiet
from schema.errors import ProviderFailed
from schema.vtt.glossary import Term, Terms
from schema.vtt.text import primary

Json = dict[str, Any]
_PAIR = re.compile(r"from (\S+) to (\S+) \(BCP 47")
_PLACE = "\ue000{}\ue001"
"""A placeholder for a term in a text that is being translated."""


class Slips:
    """Which terms the model gets wrong, and how: by the line, the term, and whether it was told that they are
    required."""

    def __init__(self, share: float, stubborn: float = 0.25, seed: int = 0) -> None:
        """`share` of the terms are wrong at first; `stubborn` of those also when they are requested again."""
        self._share, self._stubborn, self._seed = share, stubborn, seed
        self.counts: Counter[str] = Counter()

    def of(self, text: str, term: Term, *, again: bool) -> str:
        """The text that replaces the term."""
        digest = hashlib.sha256(f"{self._seed} {text} {term.source}".encode()).digest()
        slips = int.from_bytes(digest[:4]) < self._share * 2**32
        if slips and again:
            slips = int.from_bytes(digest[4:8]) < self._stubborn * 2**32
        how = "right" if not slips else "dropped" if digest[8] % 2 else "inflected"
        self.counts[f"{how}, asked again" if again else how] += 1
        return {"right": term.wanted, "dropped": "…", "inflected": inflected(term.wanted)}[how]


def inflected(word: str) -> str:
    """An impossible ending, which nobody takes for a form of the word."""
    return f"{word[: max(1, len(word) - 2)]}xq"


class Translating:
    def __init__(self, translator: ApertiumTranslator | None = None, slips: Slips | None = None) -> None:
        """Without a `translator` every language is pseudo-localised."""
        self._translator = translator
        self.slips = slips or Slips(0)

    async def answer(self, instruction: str, question: Json) -> list[Json]:
        """The answer to a question of `GeminiTranslator`."""
        found = _PAIR.search(instruction)
        assert found, instruction
        source, target = found[1], found[2]
        terms = [term_of(entry) for entry in question["glossary"] if "may" not in entry]
        ready = Terms(((term.source, term) for term in terms if term.wanted), source)
        made = []
        for line in question["lines"]:
            text, wanted = _taken_out(line["text"], ready)
            told = await self._translated(text, source, target)
            for place, term in enumerate(wanted):
                slip = self.slips.of(line["text"], term, again="wrong" in line)
                told = told.replace(_PLACE.format(place), slip)
            made.append({"id": line["id"], "text": told})
        return made

    async def _translated(self, text: str, source: str, target: str) -> str:
        pair = (primary(source), primary(target))
        if self._translator is None or pair not in self._translator.pairs():
            return pseudo(text)
        hints = [
            TermHint(place, place, do_not_translate=True) for place in re.findall("\ue000[0-9]+\ue001", text)
        ]
        try:
            lines = [Line(id="1", text=text)]
            (line,) = await self._translator.translate(lines, source, target, hints, Forgetful(), quiet)
        except ProviderFailed:
            return pseudo(text)
        return line.text


def _taken_out(text: str, ready: Terms) -> tuple[str, list[Term]]:
    """The text with placeholders for its terms."""
    matches = ready.find(text)
    for place, match in reversed([*enumerate(matches)]):
        text = text[: match.start] + _PLACE.format(place) + text[match.end :]
    return text, [match.term for match in matches]


def term_of(entry: Json) -> Term:
    """The term as a question's glossary has it."""
    return Term(
        entry["source"],
        entry.get("target") or entry.get("never") or "",
        case_sensitive=entry.get("case_sensitive", False),
        do_not_translate=entry.get("keep", False),
        forbidden="never" in entry,
    )
