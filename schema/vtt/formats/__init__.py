"""Other formats of the same text: SRT, DAPT and SCC in and out, IMSC 1.1 out, EBU STL and ASS in. WebVTT is the
master."""

from __future__ import annotations

from schema.vtt.formats.ass_read import is_ass, read_ass
from schema.vtt.formats.broadcast_read import is_scc, read_scc, read_stl
from schema.vtt.formats.dapt_read import read_dapt
from schema.vtt.formats.dapt_write import write_dapt
from schema.vtt.formats.srt_read import read_srt
from schema.vtt.formats.srt_write import write_srt
from schema.vtt.formats.stl_file import is_stl
from schema.vtt.formats.ttml import write_ttml
from schema.vtt.parse import Parsed, decode, parse

__all__ = ["read_any", "read_dapt", "read_srt", "write_dapt", "write_srt", "write_ttml"]


def read_any(source: str | bytes, language: str | None = None) -> Parsed:
    """WebVTT, SRT, DAPT, SCC, EBU STL or ASS, told by how it begins. TextRefused where it is none of them."""
    if isinstance(source, bytes) and is_stl(source):
        return read_stl(source)
    start = decode(source)[0].lstrip()[:13]
    if is_scc(start):
        return read_scc(source)
    if is_ass(start):
        return read_ass(source)
    if start.startswith("WEBVTT"):
        return parse(source)
    return read_dapt(source, language) if start.startswith("<") else read_srt(source)
