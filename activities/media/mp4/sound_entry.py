"""What the sample entry of a sound track says (ISO/IEC 14496-12 §12.2.3), and the descriptors in it (14496-1 §7.2.6)."""

from __future__ import annotations

from activities.media.mp4.boxes import Box, Unreadable
from activities.media.mp4.movie import Track


def audio_entry(track: Track) -> tuple[int, int, int, bytes]:
    """(sound version, channels, sample rate, AudioSpecificConfig or nothing) of the first sample entry.

    ISO/IEC 14496-12 §12.2.3 for the entry, 14496-1 §7.2.6 for the descriptors of `esds`.
    """
    entry = next(track.stsd.children(8), None)
    if entry is None:
        raise Unreadable("a sound track has no sample entry")
    version, channels, rate = (
        entry.unpack("H", 8)[0],
        entry.unpack("H", 16)[0],
        entry.unpack("I", 24)[0] >> 16,
    )
    skip = {0: 28, 1: 44}.get(version)
    if skip is None:
        return version, channels, rate, b""
    boxes = {child.kind: child for child in entry.children(skip)}
    if b"wave" in boxes:  # QuickTime
        boxes |= {child.kind: child for child in boxes[b"wave"].children()}
    esds = boxes.get(b"esds")
    return version, channels, rate, _decoder_specific(esds) if esds else b""


def _decoder_specific(esds: Box) -> bytes:
    """The DecoderSpecificInfo of object type 0x40 (MPEG-4 audio); nothing for other types."""
    data, at = esds.content, 4
    while at < len(data):
        tag, at, length = data[at], at + 1, 0
        while at < len(data):
            byte, at = data[at], at + 1
            length = length << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        if tag == 3:
            flags = data[at + 2] if at + 2 < len(data) else 0
            url = 1 + data[at + 3] if flags & 0x40 and at + 3 < len(data) else 0
            at += 3 + (2 if flags & 0x80 else 0) + url + (2 if flags & 0x20 else 0)
        elif tag == 4:
            if data[at : at + 1] != b"\x40":
                return b""
            at += 13
        elif tag == 5:
            return data[at : at + length]
        else:
            at += length
    return b""
