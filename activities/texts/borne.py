"""Which cues another video does not support: cues beyond its end, captions where nobody speaks, and descriptions that
would begin on a word."""

from __future__ import annotations

import re
from bisect import bisect_left

from schema.enums import Kind
from schema.vtt import Document, Transcript
from schema.vtt.text import has_letters

_SOUND = re.compile("[^\\w\\[(（［【\u266a\u266b]*[\\[(（［【\u266a\u266b]")
"""Nothing but signs stands before its bracket or its note."""
_LATE_MS = 500
"""A caption may stand so long after its words; times that people set are not to the picture."""


def not_borne(document: Document, kind: Kind, transcript: Transcript, duration_ms: int) -> list[str]:
    """Ids of unsupported cues, in order. Captions of a sound in brackets, and all captions of a video without speech,
    are not compared with the speech."""
    ends = [word.end_ms for word in transcript.words]
    found = []
    for cue in document.cues:
        if cue.end_ms > duration_ms + _LATE_MS:
            found.append(cue.id)
            continue
        if not ends:
            continue
        at = bisect_left(ends, cue.start_ms + 1)
        word = transcript.words[at] if at < len(ends) else None
        if kind is Kind.CAPTIONS:
            silent = word is None or word.start_ms >= cue.end_ms
            if silent and has_letters(cue.plain) and not _SOUND.match(cue.plain):
                found.append(cue.id)
        elif word is not None and word.start_ms <= cue.start_ms < word.end_ms:
            found.append(cue.id)
    return found
