"""Timed text and chapters that the render brings itself: 3GPP timed text (3GPP TS 26.245) and Nero's `chpl`."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from pathlib import Path

import numpy as np

from activities.media.cache import RangeCache, digest
from activities.media.contract import TextTrack
from activities.media.files.languages import iso_639_2
from activities.media.mp4.boxes import box, full_box
from activities.media.mp4.tables import SampleTable
from activities.media.mp4.trak import OutTrack

_MS = 1000
_STYLE = struct.pack(">HHHBB4B", 0, 0, 1, 0, 18, 255, 255, 255, 255)


def text_track(text: TextTrack, number: int, file: int, folder: Path, end_ms: int) -> tuple[OutTrack, Path]:
    """A disabled `tx3g` track, and the file that holds its samples. What would be shown after `end_ms` is cut, so that
    it does not make the video longer."""
    cues = [(start, min(end, end_ms), words) for start, end, words in text.cues if start < end_ms]
    samples = list(_samples(cues))
    payloads = [payload for _, _, payload in samples]
    cache = RangeCache(folder)
    key = digest("text", [payload.hex() for payload in payloads])
    if cache.find("texts", key) is None:
        with cache.writing("texts", key) as path:
            path.write_bytes(b"".join(payloads))
    sizes = np.array([len(payload) for payload in payloads], np.uint32)
    dts = np.array([start for start, _, _ in samples], np.int64)
    end = samples[-1][1] if samples else 0
    first = np.arange(len(samples)) == 0
    offsets = np.cumsum(sizes, dtype=np.int64) - sizes
    table = SampleTable(sizes, offsets, dts, end, None, None, None, first)
    entry = box(
        b"tx3g",
        bytes(6) + struct.pack(">HIbb4B", 1, 0, 1, -1, 0, 0, 0, 0) + struct.pack(">4h", 0, 0, 0, 0) + _STYLE,
        box(b"ftab", struct.pack(">HHB", 1, 1, 5) + b"Serif"),
    )
    track = OutTrack(
        id=number,
        handler=b"sbtl",
        timescale=_MS,
        table=table,
        files=np.full(len(samples), file, np.uint16),
        order=np.full(len(samples), -1.0),
        stsd=full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        header=None,
        length=end,
        enabled=False,
        alternate_group=2,
        language=iso_639_2(text.language),
        title=text.title,
    )
    return track, cache.path("texts", key)


def _samples(cues: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int, bytes]]:
    """(start, end, sample), without gaps: empty samples between cues; cues that overlap are shown together."""
    edges = sorted({0, *(edge for start, end, _ in cues for edge in (start, end))})
    waiting, shown = deque(sorted(cues, key=itemgetter(0))), list[tuple[int, int, str]]()
    for start, end in pairwise(edges):
        while waiting and waiting[0][0] <= start:
            shown.append(waiting.popleft())
        shown = [cue for cue in shown if cue[1] > start]
        data = _cut("\n".join(text for _, _, text in shown), 65_535)
        yield start, end, struct.pack(">H", len(data)) + data


def _cut(text: str, most: int) -> bytes:
    """UTF-8 in at most so many bytes: whole characters."""
    return text.encode()[:most].decode(errors="ignore").encode()


def chapter_list(chapters: Sequence[tuple[int, str]]) -> bytes:
    """At most 255 chapters: the count is a byte."""
    rows = []
    for start_ms, title in chapters[:255]:
        name = _cut(title, 255)
        rows.append(struct.pack(">QB", start_ms * 10_000, len(name)) + name)
    return full_box(b"chpl", 1, 0, bytes(4), bytes([len(rows)]), *rows)
