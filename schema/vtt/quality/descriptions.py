"""The script of an audio description, as text. Where it is heard is judged by the plan (`schema.plan`)."""

from __future__ import annotations

import re

import regex

from schema.findings import Finding
from schema.vtt.cues import Document
from schema.vtt.profiles import NETFLIX, Profile
from schema.vtt.quality.report import Report, check_form
from schema.vtt.sentences import ends_sentence
from schema.vtt.text import graphemes, has_letters, primary, word_count

_PLACEHOLDER = regex.compile(
    r"^[\s(]*(?:\[[^\]]*\]|<[^>]*>|\?+|T(?:BD|ODO)\b.*|(?i:(?:tbd|todo)(?::.*|\W*+))|"
    r"x{3,}\b.*|(?i:x{3,})\b(?!\s+[\p{Lu}\p{N}]).*)[\s)]*$",
    regex.S,
)
"""A plain "Todo" begins many a sentence in Spanish and Portuguese, and "XXX Olympiad" is a number."""
_TODO_IS_A_WORD = frozenset({"es", "pt", "gl", "ast", "mwl"})
_IN_CAPITALS = regex.compile(r"^[\s(]*TODO\s+\p{Lu}{2,}")
"""As it stands on a screen: `TODO SOBRE MI MADRE`."""
_IN_PARENTHESES = re.compile(r"^\s*(?:\(([^()]*)\)|（([^（）]*)）|\[([^\[\]]*)\]|【([^【】]*)】)\s*$")


def check_description(document: Document, profile: Profile = NETFLIX, language: str = "en") -> list[Finding]:
    """Every rule that the script breaks, in cue order.

    A rate is that of the cue's own times, which are a wish, and only warns; what is planned, `schema.plan.rules` judges.
    """
    report = Report(profile)
    check_form(report, document)
    rules = profile.description
    for index, cue in enumerate(document.cues):
        plain = cue.plain
        if not plain.strip():
            continue
        within = _IN_PARENTHESES.match(plain)
        said = next(filter(None, within.groups()), "") if within else plain
        # a sentence in brackets is a description; a phrase stands for one
        bracketed = within is not None and has_letters(said) and ends_sentence(said, language, "")
        if _is_placeholder(said if bracketed else plain, language) or not has_letters(plain):
            message = "This cannot be spoken; write what is seen, or keep it as a NOTE."
            report.add("description_placeholder", message, index, cue)
            continue
        if within is not None:
            message = "The description stands in brackets, which nobody hears; is it meant to be spoken?"
            report.add("description_parentheses", message, index, cue)
        length = graphemes(plain)
        if length > rules.chars_per_cue:
            message = (
                f"The description has {length} characters; divide it, {rules.chars_per_cue} are the most."
            )
            report.add("description_length", message, index, cue, measured=length, limit=rules.chars_per_cue)
        if cue.duration_ms <= 0:
            continue
        limit = rules.words_per_minute_warning
        rate = round(word_count(plain, language) * 60_000 / cue.duration_ms, 1)
        if rate > limit:
            fits = int(cue.duration_ms * limit / 60_000)
            message = f"{rate:g} words a minute; {limit} are the most, so about {fits} words fit."
            report.add("description_rate", message, index, cue, measured=rate, limit=limit)
    return report.in_order()


def _is_placeholder(text: str, language: str) -> bool:
    if primary(language) in _TODO_IS_A_WORD and _IN_CAPITALS.match(text):
        return False
    return _PLACEHOLDER.match(text) is not None
