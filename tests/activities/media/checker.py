"""Looks at a render as nobody of the engine does: with PyAV and numbers stamped into pictures, and by listening."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from schema.plan.model import Plan
from tests.activities.media.render_kit import Samples, pictures, sound

_PIECE_S, _FURTHEST_S = 0.25, 0.06
_FADE_S = 0.2
"""Beside a pause the programme fades."""


@dataclass(frozen=True)
class Looks:
    """What is told of a picture, in whatever container."""

    aspect: Fraction
    rotation: int
    colour: tuple[int, int, int]
    tag: str
    size: tuple[int, int]


def looks(path: Path, track: int = 0) -> Looks:
    with av.open(str(path)) as media:
        stream = media.streams.video[track]
        frame = next(media.decode(stream))
        context = stream.codec_context
        return Looks(
            Fraction(stream.sample_aspect_ratio or 1),
            frame.rotation,
            (int(context.color_primaries), int(context.color_trc), int(context.colorspace)),
            context.codec_tag,
            (frame.width, frame.height),
        )


def check_pictures(
    source: list[tuple[int, Fraction]], made: Path, plan: Plan, *, encoded: bool = False, slack: float = 0.002
) -> None:
    """Every picture of the source is shown, and where the plan says: `source` are (stamped number, seconds)."""
    after = dict[int, Fraction]()
    for number, at in pictures(made):
        after.setdefault(number, at)
    rate, first = plan.timebase.rate, source[0][1]
    if not encoded:
        assert len(pictures(made)) == len(source)
    for number, at in source:
        assert number in after, f"picture {number} is not shown"
        moved = sum(p.ticks for p in plan.pauses if max(p.at, first * rate + 1) <= at * rate)
        wanted = Fraction(0) if at == first else at + Fraction(moved, rate)
        near = any(abs(p.at - at * rate) <= slack * rate for p in plan.pauses)
        assert near or abs(after[number] - wanted) <= slack, (
            number,
            float(at),
            float(after[number]),
            float(wanted),
        )
    assert pictures(made)[0][1] == 0


def check_sound(
    before: tuple[int, Samples], made: Path, plan: Plan, track: int = 0, lag_s: float = 0.003
) -> None:
    """In every stretch between pauses the sound is where the plan says: found by its correlation with the source's."""
    rate, was = before
    now_rate, now = sound(made, track)
    one, other = was.mean(axis=0), _at_rate(now.mean(axis=0), now_rate, rate)
    edges = [0, *(round(p.at * rate / plan.timebase.rate) for p in plan.pauses), len(one)]
    added = np.cumsum([0, *(p.ticks * rate / plan.timebase.rate for p in plan.pauses)])
    heard = 0
    for start, end, more in zip(edges, edges[1:], added, strict=False):
        length, fade, far = int(_PIECE_S * rate), int(_FADE_S * rate), int(_FURTHEST_S * rate)
        at = (start + end - length) // 2
        if at < start + fade or at + length > end - fade:
            continue
        piece = one[at : at + length]
        if np.sqrt((piece**2).mean()) < 1e-3:
            continue
        moved = round(at + more)
        around = other[max(0, moved - far) : moved + length + far]
        energy = np.cumsum(np.append(0.0, around.astype(np.float64) ** 2))
        level = np.sqrt(np.maximum(energy[length:] - energy[:-length], 1e-9))
        likeness = np.correlate(around, piece, "valid") / level
        found = int(likeness.argmax()) - (moved - max(0, moved - far))
        assert abs(found) <= lag_s * rate, (
            f"the sound is {found / rate * 1000:.1f} ms off after {at / rate:.2f} s"
        )
        heard += 1
    assert heard


def _at_rate(samples: Samples, rate: int, wanted: int) -> Samples:
    if rate == wanted:
        return samples
    return np.interp(np.arange(0, len(samples), rate / wanted), np.arange(len(samples)), samples).astype(
        np.float32
    )
