"""Other formats of the same text: SRT in and out, IMSC 1.1 out, DAPT in and out. WebVTT is the master."""

from __future__ import annotations

from schema.vtt.formats.dapt_read import read_dapt
from schema.vtt.formats.dapt_write import write_dapt
from schema.vtt.formats.srt_read import read_srt
from schema.vtt.formats.srt_write import write_srt
from schema.vtt.formats.ttml import write_ttml
from schema.vtt.parse import Parsed, decode, parse

__all__ = ["read_any", "read_dapt", "read_srt", "write_dapt", "write_srt", "write_ttml"]


def read_any(source: str | bytes, language: str | None = None) -> Parsed:
    """WebVTT, SRT or DAPT, told by how it begins. TextRefused where it is none of them."""
    start = decode(source)[0].lstrip()[:6]
    if start.startswith("WEBVTT"):
        return parse(source)
    return read_dapt(source, language) if start.startswith("<") else read_srt(source)
