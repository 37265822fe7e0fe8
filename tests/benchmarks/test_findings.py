"""False findings: what the rules find in captions that a careful person would write so.

No package of ours brings caption files, so the captions stand here: abbreviations, asides, ellipses, headings, hashtags,
number signs, no-break spaces and marks of direction, as they are met in real files. Each finding is a false one.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest

from schema.vtt import PROFILES, Cue, Document
from schema.vtt.quality import check_captions

pytestmark = pytest.mark.bench

CAPTIONS = {
    "en": [
        "It was passed in 1990\nand is still in force.",
        "The whole of the U.S.\nand Canada knows it.",
        "She stopped...\n...and then she went on.",
        "(or so he says)",
        "He came back\n(three years later)",
        "#MeToo started years before",
        "WARNING: wet floor",
        "NASA: the agency for space",
        "# 1 in the charts",
        "“Really?”\nshe asked.",
    ],
    "de": [
        "Dafür braucht man Wasser\nBrot und Salz.",
        "wegen der Arbeit\nZeit zu verlieren",
        "Das war im Jahr 1990\nund ist noch so.",
        "(so sagt man jedenfalls)",
        "ACHTUNG: Hochspannung",
        "Er kam z.\u00a0B. am 24.\u00a0Dezember",
    ],
    "fr": [
        "Où est-il parti\u00a0?\nJe ne sais pas.",
        "Elle coûtait 100\u00a0000\u00a0€\nau moins.",
        "(ou du moins, elle le serait)",
        "Il a dit\u202f: «\u00a0Non\u00a0!\u00a0»",
        "ATTENTION\u00a0: sol mouillé",
    ],
    "es": [
        "En 1990\ny después también.",
        "(o eso dice ella)",
        "#NiUnaMenos empezó antes",
        "La vi...\n...y me fui.",
    ],
    "it": ["Nel 1990\ne anche dopo.", "(o così dice lui)", "L'ho vista...\n...e me ne sono andato."],
    "pt": ["Em 1990\ne depois também.", "(ou assim diz ela)", "ATENÇÃO: piso molhado"],
    "ar": ["\u202b" + "م" * 42 + "\u202c", "\u200fأين أنت؟"],
    "he": ["\u200f" + "ש" * 42, "\u202bשלום.\u202c"],
    "ja": ["公園まで\n歩いて行きましょう", "今日は天気がいい\u3000散歩に行こう"],
    "zh": ["价格是3,141\n也就是很多钱"],
    "th": ["สวัสดี\u200bครับ" + "ก" * 25],
    "ru": ["(по крайней мере так он говорит)", "ВНИМАНИЕ: высокое напряжение"],
}


def test_findings_per_hundred_cues_by_rule() -> None:
    found: Counter[str] = Counter()
    count = 0
    for language, texts in CAPTIONS.items():
        cues = [Cue("", 8000 * n, 8000 * n + 6500, text) for n, text in enumerate(texts)]
        count += len(cues)
        for profile in PROFILES.values():
            if language in profile.chars_per_line or profile.name == "netflix":
                found.update(
                    finding.rule
                    for finding in check_captions(Document.of(cues), profile, language, Fraction(24))
                    if finding.rule not in ("reading_speed", "max_duration")
                )
    print(f"\n{count} captions without a fault in {len(CAPTIONS)} languages; findings per hundred:")
    for rule, times in found.most_common():
        print(f"  {rule:16} {100 * times / count:5.1f}")
    print(f"  {'together':16} {100 * found.total() / count:5.1f}")
    assert 100 * found.total() / count <= 2
