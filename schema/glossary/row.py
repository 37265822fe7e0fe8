"""One term in all its languages, as a row of a sheet has it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

TERM_CHARS = 500
"""Of a term and of each translation."""
NOTES_CHARS = 2000
PART_OF_SPEECH_CHARS = 60
FORM_CHARS = 200
MOST_FORMS = 50
"""Of one language."""
ANY_LANGUAGE = ""
"""The key of forms that a sheet does not say the language of."""
_HASH_BYTES = 16
HASH_CHARS = 2 * _HASH_BYTES
_encoded = json.JSONEncoder(ensure_ascii=False).encode
"""Made once: `json.dumps` would make one for every term."""


@dataclass(frozen=True, slots=True)
class TermRow:
    """`targets` and `forms` are by BCP 47 code. `forms` are other forms of a translation that count as it: plurals,
    cases, words that it is joined to."""

    source: str
    targets: Mapping[str, str] = field(default_factory=dict)
    notes: str | None = None
    case_sensitive: bool = False
    do_not_translate: bool = False
    forbidden: bool = False
    part_of_speech: str | None = None
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What makes two rows the same term: its source as it is compared, and its part of speech. Of forbidden words
        one term may have several."""
        source = unicodedata.normalize("NFC", self.source) if self.case_sensitive else folded(self.source)
        avoided = sorted(self.targets.items()) if self.forbidden else []
        return _hash(
            [source, self.case_sensitive, folded(self.part_of_speech or ""), self.forbidden, avoided]
        )

    @property
    def digest(self) -> str:
        """Of all that it says: another digest under the same key is a changed term."""
        forms = sorted((code, list(forms)) for code, forms in self.forms.items())
        flags = [self.case_sensitive, self.do_not_translate, self.forbidden]
        targets = sorted(self.targets.items())
        return _hash([self.source, targets, self.notes, flags, self.part_of_speech, forms])


def folded(text: str) -> str:
    """How terms are searched for and compared: composed, without case."""
    if text.isascii():  # which is composed, and has case alone to fold
        return text.strip().lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())


def _hash(of: object) -> str:
    return blake2b(_encoded(of).encode(), digest_size=_HASH_BYTES).hexdigest()
