"""The people and things that appear in more than one scene."""

from __future__ import annotations

import math

from deploy.local.sample.drawing import AMBER, DRESS, HAIR, INK, NIGHT, SKIN, Canvas, Color, Point, mix


def headland(canvas: Canvas, fill: Color) -> None:
    """The cliff on the right that the tower stands on."""
    canvas.polygon([(610, 340), (648, 318), (700, 306), (790, 300), (860, 292), (860, 484), (590, 484)], fill)


def tower(
    canvas: Canvas, x: float, foot: float, size: float, wall: Color, cap: Color, stripe: Color | None
) -> Point:
    """A lighthouse; returns where its lamp is."""
    top = foot - 150 * size
    for part in range(5):
        low, high = foot - part * 24 * size, foot - (part + 1) * 24 * size
        wide, narrow = (26 - part * 2) * size, (24 - part * 2) * size
        color = stripe if stripe and part % 2 else wall
        canvas.polygon([(x - wide, low), (x + wide, low), (x + narrow, high), (x - narrow, high)], color)
    canvas.box(x - 21 * size, top + 24 * size, x + 21 * size, top + 31 * size, cap)
    canvas.box(x - 12 * size, top + 2 * size, x + 12 * size, top + 24 * size, mix(wall, NIGHT, 0.5))
    canvas.polygon(
        [(x - 17 * size, top + 3 * size), (x + 17 * size, top + 3 * size), (x, top - 17 * size)], cap
    )
    return x, top + 13 * size


def girl(
    canvas: Canvas, x: float, foot: float, size: float, reach: Point | None = None, stride: float = 0
) -> None:
    """Nora, in her green dress; `reach` is where her hand is."""
    for side in (-1, 1):
        step = side * 7 + side * 7 * math.sin(stride)
        canvas.line([(x + side * 6 * size, foot - 40 * size), (x + step * size, foot)], HAIR, 6 * size)
    canvas.polygon(
        [
            (x - 13 * size, foot - 96 * size),
            (x + 13 * size, foot - 96 * size),
            (x + 31 * size, foot - 26 * size),
            (x - 31 * size, foot - 26 * size),
        ],
        DRESS,
    )
    hand = reach or (x + 24 * size, foot - 58 * size)
    canvas.line([(x + 8 * size, foot - 88 * size), hand], mix(DRESS, NIGHT, 0.25), 9 * size)
    canvas.circle(*hand, 5.5 * size, SKIN)
    canvas.circle(x - 3 * size, foot - 117 * size, 23 * size, HAIR)
    canvas.polygon(
        [
            (x - 26 * size, foot - 118 * size),
            (x - 6 * size, foot - 110 * size),
            (x - 22 * size, foot - 76 * size),
        ],
        HAIR,
    )
    canvas.circle(x + 3 * size, foot - 113 * size, 18 * size, SKIN)
    canvas.circle(x + 11 * size, foot - 116 * size, 2.2 * size, INK)


def lamp(canvas: Canvas, x: float, foot: float, size: float, lit: float, t: float) -> None:
    """An oil lamp of brass and glass."""
    flicker = 1 + 0.06 * math.sin(t * 9) + 0.04 * math.sin(t * 23)
    canvas.glow(x, foot - 34 * size, 150 * size, AMBER, 0.75 * lit * flicker)
    canvas.polygon(
        [
            (x - 17 * size, foot),
            (x + 17 * size, foot),
            (x + 9 * size, foot - 18 * size),
            (x - 9 * size, foot - 18 * size),
        ],
        (178, 130, 54),
    )
    canvas.ellipse(x - 13 * size, foot - 56 * size, x + 13 * size, foot - 16 * size, (206, 222, 226), 0.55)
    if lit > 0:
        canvas.ellipse(
            x - 5 * size,
            foot - (46 + 4 * flicker) * size,
            x + 5 * size,
            foot - 22 * size,
            (255, 236, 170),
            lit,
        )
    canvas.box(x - 7 * size, foot - 62 * size, x + 7 * size, foot - 55 * size, (178, 130, 54))
