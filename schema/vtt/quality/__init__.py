"""The quality rules: of captions, of descriptions, and of a translation against its source."""

from schema.vtt.quality.captions import check_captions
from schema.vtt.quality.descriptions import check_description
from schema.vtt.quality.translation import check_translation, term_accuracy

__all__ = ["check_captions", "check_description", "check_translation", "term_accuracy"]
