"""The script of an audio description, as text. Where it is heard is judged by the plan (`schema.plan`)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from schema.findings import Finding
from schema.vtt.cues import Document
from schema.vtt.profiles import NETFLIX, Profile
from schema.vtt.quality.report import Report, check_form
from schema.vtt.text import graphemes, has_letters, word_count

_PLACEHOLDER = re.compile(r"^\s*(?:\[[^\]]*\]|\([^)]*\)|<[^>]*>|\?+|tbd\b.*|todo\b.*|xxx.*)\s*$", re.I | re.S)


def check_description(
    document: Document,
    profile: Profile = NETFLIX,
    language: str = "en",
    *,
    heard_ms: Mapping[str, int] | None = None,
) -> list[Finding]:
    """Every rule that the script breaks, in cue order.

    `heard_ms` is how long each cue is planned to be heard, by id, pauses included. Only then may its rate block;
    without, the rate is that of the cue's own times, which are a wish, and only warns.
    """
    report = Report(profile)
    check_form(report, document)
    rules = profile.description
    for index, cue in enumerate(document.cues):
        plain = cue.plain
        if not plain.strip():
            continue
        if _PLACEHOLDER.match(plain) or not has_letters(plain):
            message = "This cannot be spoken; write what is seen, or keep it as a NOTE."
            report.add("description_placeholder", message, index, cue)
            continue
        length = graphemes(plain)
        if length > rules.chars_per_cue:
            message = (
                f"The description has {length} characters; divide it, {rules.chars_per_cue} are the most."
            )
            report.add("description_length", message, index, cue, measured=length, limit=rules.chars_per_cue)
        planned = (heard_ms or {}).get(cue.id)
        span_ms = planned if planned is not None else cue.duration_ms
        if span_ms <= 0:
            continue
        rate = round(word_count(plain, language) * 60_000 / span_ms, 1)
        if rate <= rules.words_per_minute_warning:
            continue
        blocks = planned is not None and rate > rules.words_per_minute_blocking
        limit = rules.words_per_minute_blocking if blocks else rules.words_per_minute_warning
        fits = int(span_ms * rules.words_per_minute_warning / 60_000)
        message = f"{rate:g} words a minute; {limit} are the most, so about {fits} words fit."
        severity = "description_rate_blocking" if blocks else "description_rate"
        report.add("description_rate", message, index, cue, measured=rate, limit=limit, severity_of=severity)
    return report.in_order()
