"""WebVTT, pure: parse, write, retime, diff, segment, and the quality rules. Times are integer milliseconds."""

from schema.findings import Finding, Fix, blocking
from schema.vtt.cues import Block, Cue, Document, Note, Region, Style
from schema.vtt.diff import Diff, diff
from schema.vtt.draft import draft_captions
from schema.vtt.glossary import Term, find_terms
from schema.vtt.markup import escape, plain_text, voice_span, voices
from schema.vtt.parse import Parsed, accept, parse, parse_strict
from schema.vtt.problems import Problem
from schema.vtt.profiles import PROFILES, Profile, profile_of
from schema.vtt.quality import (
    check_captions,
    check_description,
    check_translation,
    term_accuracy,
    terms_of_cues,
)
from schema.vtt.retime import (
    PauseMap,
    across_pauses,
    adjust_timing,
    at_times,
    chapters_across_pauses,
)
from schema.vtt.segment import segment
from schema.vtt.timecode import Timecode
from schema.vtt.timestamps import format_timestamp, parse_timestamp
from schema.vtt.words import Sound, Transcript, Word
from schema.vtt.write import violations, write

__all__ = [
    "PROFILES",
    "Block",
    "Cue",
    "Diff",
    "Document",
    "Finding",
    "Fix",
    "Note",
    "Parsed",
    "PauseMap",
    "Problem",
    "Profile",
    "Region",
    "Sound",
    "Style",
    "Term",
    "Timecode",
    "Transcript",
    "Word",
    "accept",
    "across_pauses",
    "adjust_timing",
    "at_times",
    "blocking",
    "chapters_across_pauses",
    "check_captions",
    "check_description",
    "check_translation",
    "diff",
    "draft_captions",
    "escape",
    "find_terms",
    "format_timestamp",
    "parse",
    "parse_strict",
    "parse_timestamp",
    "plain_text",
    "profile_of",
    "segment",
    "term_accuracy",
    "terms_of_cues",
    "violations",
    "voice_span",
    "voices",
    "write",
]
