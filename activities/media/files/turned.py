"""How a decoded picture is turned and mirrored before it is shown: its display matrix (ISO/IEC 14496-12, 6.2.2)."""

from __future__ import annotations

from math import atan2, degrees, hypot
from typing import Any, NamedTuple

import numpy as np
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame


class Turned(NamedTuple):
    degrees: int = 0
    """Counter-clockwise."""
    mirrored: bool = False
    """Left and right change places after it is turned, as of a front camera: FFmpeg's angle alone says of such a picture
    that it is turned by 180 degrees, or by none."""


def turned(frame: VideoFrame) -> Turned:
    told: Any = frame.side_data  # PyAV's stub knows of motion vectors alone
    data = told.get(Type.DISPLAYMATRIX)
    if data is None:
        return Turned()
    a, b, _, c, d, *_ = (int(number) for number in np.frombuffer(bytes(data), np.int32, 9))
    mirrored = a * d - b * c < 0
    if mirrored:
        a, c = -a, -c
    across, down = hypot(a, c), hypot(b, d)
    if not across or not down:
        return Turned()
    return Turned(-round(degrees(atan2(b / down, a / across))), mirrored)
