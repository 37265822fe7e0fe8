"""The quality findings of a job's text: what `GET vtt` shows, and what an approval is refused for."""

from __future__ import annotations

from fractions import Fraction

from schema.contracts.steps import Artifacts
from schema.enums import Kind
from schema.vtt import parse
from schema.vtt.findings import Finding
from schema.vtt.profiles import profile_of
from schema.vtt.quality import check_captions, check_description


def findings_of(kind: Kind, language: str, content: str, artifacts: Artifacts, profile: str) -> list[Finding]:
    """Every rule that `content` breaks, by the text alone: where a description is heard, the plan judges."""
    document = parse(content).document
    rules = profile_of(profile)
    if kind is Kind.AUDIO_DESCRIPTION:
        return check_description(document, rules, language)
    rate = artifacts.frame_rate
    frame_rate = Fraction(rate.num, rate.den) if rate else Fraction(24)
    return check_captions(document, rules, language, frame_rate, duration_ms=artifacts.duration_ms)
