"""Writes WebVTT that conforms (https://www.w3.org/TR/webvtt1/#writing), or says why it cannot."""

from __future__ import annotations

from schema.errors import FieldError
from schema.vtt.conform import conform_settings, conform_text
from schema.vtt.cues import Block, Cue, Document, Note, Region, Style
from schema.vtt.parse import MAX_CUE_CHARS, refusal
from schema.vtt.timestamps import MAX_HOURS, format_timestamp


def write(document: Document) -> str:
    """The document as a WebVTT file: in time order, STYLE and REGION first, everything else as it is.

    Raises TextRefused where a cue cannot be written as WebVTT (see `violations`); nothing is left out to make
    it fit.
    """
    errors = violations(document)
    if errors:
        raise refusal(errors)
    header = f"WEBVTT {document.header}" if document.header else "WEBVTT"
    parts = [header, *(_written(block) for block in document.in_order().blocks)]
    return "\n\n".join(parts) + "\n"


def violations(document: Document) -> list[FieldError]:
    """What keeps a document from being WebVTT, by the line that it was read from, or by cue."""
    errors: list[FieldError] = []
    if any(sign in document.header for sign in ("\n", "\r", "\0", "-->")):
        errors.append(FieldError("line 1", "the header is one line, without an arrow"))
    ids: set[str] = set()
    index = 0
    for block in document.blocks:
        place = f"line {block.line}" if block.line else f"cue {index + 1}"
        if isinstance(block, Cue):
            index += 1
            messages = _cue_violations(block)
            if block.id and block.id in ids:
                messages.append(f"the id {block.id} is used twice; ids are unique")
            ids.add(block.id)
        else:
            place = place if block.line else type(block).__name__.upper()
            messages = _block_violations(block)
        errors += [FieldError(place, message) for message in messages]
    return errors


def _cue_violations(cue: Cue) -> list[str]:
    messages: list[str] = []
    if cue.start_ms < 0 or cue.end_ms <= cue.start_ms:
        messages.append("the cue must begin at 0 or later, and end after it begins")
    if cue.end_ms >= (MAX_HOURS + 1) * 3_600_000:
        messages.append(f"the cue is later than {MAX_HOURS} hours")
    if any(sign in cue.id for sign in ("\n", "\r", "\0", "-->")):
        messages.append("an id is one line, without an arrow")
    if cue.settings and conform_settings(cue.settings) != (cue.settings, []):
        messages.append(f"{cue.settings} are not cue settings that players know")
    if len(cue.text) > MAX_CUE_CHARS:
        messages.append(f"a cue has at most {MAX_CUE_CHARS:,} characters; divide it")
    elif _breaks_block(cue.text, allow_empty=True):
        messages.append("a cue's text has no blank line and no arrow")
    elif ("<" in cue.text or "&" in cue.text) and conform_text(cue.text, cue.start_ms, cue.end_ms)[
        0
    ] != cue.text:
        messages.append("the text's tags do not match, or `&` or `<` stands in it as it is")
    return messages


def _block_violations(block: Note | Style | Region) -> list[str]:
    kind = type(block).__name__.upper()
    if _breaks_block(block.text, allow_empty=isinstance(block, Note)):
        return [f"a {kind} block has no blank line and no arrow"]
    return []


def _breaks_block(text: str, allow_empty: bool) -> bool:
    """Whether a blank line or an arrow would end the block before its text does."""
    if "-->" in text or "\r" in text or "\0" in text or "\n\n" in text:
        return True
    return text.startswith("\n") or text.endswith("\n") or not (text or allow_empty)


def _written(block: Block) -> str:
    if isinstance(block, Cue):
        timing = f"{format_timestamp(block.start_ms)} --> {format_timestamp(block.end_ms)}"
        lines = [block.id, f"{timing} {block.settings}" if block.settings else timing, block.text]
        return "\n".join(line for line in lines if line)
    if isinstance(block, Note):
        if "\n" in block.text:
            return f"NOTE\n{block.text}"
        return f"NOTE {block.text}" if block.text else "NOTE"
    return f"{type(block).__name__.upper()}\n{block.text}"
