"""WebVTT, pure: parse, write, retime, diff, segment, and the quality rules. Times are integer milliseconds."""

from schema.vtt.cues import Block, Cue, Document, Note, Region, Style
from schema.vtt.markup import escape, plain_text, voice_span, voices
from schema.vtt.parse import Parsed, Problem, parse, parse_strict
from schema.vtt.timestamps import format_timestamp, parse_timestamp
from schema.vtt.words import Transcript, Word
from schema.vtt.write import violations, write

__all__ = [
    "Block",
    "Cue",
    "Document",
    "Note",
    "Parsed",
    "Problem",
    "Region",
    "Style",
    "Transcript",
    "Word",
    "escape",
    "format_timestamp",
    "parse",
    "parse_strict",
    "parse_timestamp",
    "plain_text",
    "violations",
    "voice_span",
    "voices",
    "write",
]
