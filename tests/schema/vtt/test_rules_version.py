"""Findings are stored with the version of the rules: it counts up with whatever they find differently."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction

from schema.vtt import parse
from schema.vtt.glossary import Term
from schema.vtt.profiles import PROFILES, profile_of
from schema.vtt.quality import RULES, check_captions, check_description, check_translation

FOUND = {
    1: "8a70efddb7690efd",
    2: "10bcbffea1b23aed",
    3: "ac1c02ecf7de42a3",
    4: "bfc886181b0b48cc",
    5: "bfc886181b0b48cc",
    6: "bfc886181b0b48cc",
}
"""What the rules of each version find here. Where this fails, a rule was changed: count `RULES` up, and add a line."""

BROKEN = """WEBVTT

c1
00:00:01.000 --> 00:00:01.300
This line has far more characters than any profile would let stand in a single line of a caption

c2
00:00:01.200 --> 00:00:01.100
two
lines and
a third

c3
00:00:09.000 --> 00:00:29.000
<v Mara>Visit www.example.org at 10,000 metres with the Beacon.

c3
00:00:29.010 --> 00:00:31.000
TBD

c5
00:00:40.000 --> 00:01:50.000 line:0


c6
00:02:00.000 --> 00:02:01.000
Slowly, the keeper of the old lighthouse climbs two hundred and eleven steps towards the light

c7
00:02:10.000 --> 00:02:13.000
He waited for seven years
... and then he left in 1990
Maria stayed

c8
00:02:20.000 --> 00:02:24.000
[Mara leaves the room.]
"""
TARGET = BROKEN.replace("10,000", "12,000").replace("c1", "c9").replace("www.example.org", "here")
TERMS = (Term(source="Beacon", target="Faro"), Term(source="Mara", target="", do_not_translate=True))


def found() -> str:
    """A digest of all that is found in texts that break many rules, in each profile and several languages."""
    source, target = parse(BROKEN).document, parse(TARGET).document
    findings = []
    for name in sorted(PROFILES):
        rules = profile_of(name)
        for language in ("en", "de", "ja", "ar"):
            findings += check_captions(source, rules, language, Fraction(25), duration_ms=60_000)
            findings += check_description(source, rules, language)
            findings += check_translation(source, target, "en", language, TERMS, rules)
    told = json.dumps([finding.model_dump(mode="json") for finding in findings], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def test_the_version_counts_up_with_what_is_found() -> None:
    assert found() == FOUND[RULES]
    assert max(FOUND) == RULES
