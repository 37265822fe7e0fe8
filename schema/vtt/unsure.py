"""Words that a recogniser was not sure of, or heard in another language, for whoever corrects the draft."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schema.vtt.cues import Block, Cue, Document, Note
from schema.vtt.words import Word

_UNSURE = 0.4
"""Below this confidence a word is more likely wrong than right."""
_MOST = 5
"""Words named of one cue; where there are more, all of it is to be listened to."""


def with_unsure(document: Document, words: Sequence[Word]) -> Document:
    """The document with a NOTE before each cue in which there are such words. `words` are in time order."""
    unsure = [word for word in words if word.confidence < _UNSURE or word.language]
    return Document(document.header, tuple(_marked(document.blocks, unsure))) if unsure else document


def _marked(blocks: Sequence[Block], unsure: Sequence[Word]) -> Iterator[Block]:
    at = 0
    for block in blocks:
        if isinstance(block, Cue):
            first = at
            while at < len(unsure) and (unsure[at].start_ms + unsure[at].end_ms) // 2 < block.end_ms:
                at += 1
            if found := unsure[first:at]:
                yield Note.of(f"{block.id}: {_told(found)}")
        yield block


def _told(found: Sequence[Word]) -> str:
    languages = dict.fromkeys(word.language for word in found if word.language)
    if languages:
        return f"heard in another language ({', '.join(languages)}): listen to all of it."
    if len(found) > _MOST:
        return "listen to all of it: many words are not sure."
    return f"not sure of {', '.join(f'“{word.text}”' for word in found)}."
