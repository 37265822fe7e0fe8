"""The quality rules: of captions, of descriptions, and of a translation against its source."""

from schema.vtt.quality.captions import check_captions
from schema.vtt.quality.descriptions import check_description
from schema.vtt.quality.translation import check_translation, term_accuracy, terms_of_cues

RULES = 6
"""Counts up with whatever they find differently: findings are stored with it, and found again where it is lower. A test
holds it to what they find in texts that break them."""

__all__ = [
    "RULES",
    "check_captions",
    "check_description",
    "check_translation",
    "term_accuracy",
    "terms_of_cues",
]
