"""Edit lists: which pieces of a track's media are shown, one after another (ISO/IEC 14496-12, 8.6.6)."""

from __future__ import annotations

from typing import NamedTuple

from activities.media.mp4.boxes import Box


class Edit(NamedTuple):
    """`length` in the movie's timescale; `media_time` in the track's, or -1 for an empty edit."""

    length: int
    media_time: int
    rate: int


def of_length(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Beside others an edit without a length shows nothing, where no fragments follow that it could be of."""
    return tuple(edit for edit in edits if edit.length) or edits


def read_edits(trak: Box) -> tuple[Edit, ...]:
    elst = trak.find(b"edts", b"elst")
    if elst is None:
        return ()
    wide = elst.version == 1
    count = min(elst.unpack("I", 4)[0], 10_000)
    layout, size = ("QqI", 20) if wide else ("IiI", 12)
    return tuple(Edit(*elst.unpack(layout, 8 + size * number)) for number in range(count))
