"""The storm: the old tower, its lamp room, and the light. `t` is the film's time in seconds."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from PIL import Image

from deploy.local.sample import script
from deploy.local.sample.drawing import (
    AMBER,
    CREAM,
    DEEP,
    NIGHT,
    RED,
    SEA,
    STONE,
    Canvas,
    Point,
    ease,
    gradient,
    mix,
    waves,
)
from deploy.local.sample.figures import girl, lamp, tower
from deploy.local.sample.script import HEIGHT, WIDTH


@cache
def _drops() -> tuple[tuple[float, float, float], ...]:
    rng = np.random.default_rng(8)
    return tuple((float(a), float(b), float(c)) for a, b, c in rng.uniform(0, 1, (110, 3)))


def rain(canvas: Canvas, t: float, *, behind_glass: bool = False) -> None:
    for x, y, speed in _drops():
        down = (y + t * (1.5 + 0.7 * speed)) % 1.1 * (HEIGHT + 40) - 30
        across = (x * (WIDTH + 140) + 70 - down * 0.18) % (WIDTH + 80) - 40
        long = 13 + 12 * speed
        if behind_glass and not _seen_through_glass(across, down, long):
            continue
        canvas.line([(across, down), (across - long * 0.2, down + long)], (176, 198, 222), 1.1, 0.34)


_WINDOWS = tuple(34 + number * 162 for number in range(5))
"""Left edges of the lamp room's windows, each 138 wide."""


def _seen_through_glass(x: float, y: float, long: float) -> bool:
    return y > 40 and y + long < 330 and any(left + 6 < x < left + 138 for left in _WINDOWS)


@cache
def _tower_hill() -> Image.Image:
    canvas = Canvas(gradient([(0, (16, 22, 40)), (0.7, (38, 52, 78)), (1, (24, 32, 48))]))
    canvas.polygon(
        [(-5, 430), (170, 400), (360, 366), (520, 338), (860, 330), (860, 484), (-5, 484)], (22, 34, 36)
    )
    canvas.polygon(
        [(-5, 462), (200, 424), (420, 384), (560, 348), (600, 348), (470, 396), (230, 446), (-5, 484)],
        (58, 62, 60),
    )
    for row in range(17):
        y = 344 - row * 22
        wide = 108 - row * 1.6
        canvas.polygon(
            [(655 - wide, y), (655 + wide, y), (655 + wide - 1.6, y - 22), (655 - wide + 1.6, y - 22)],
            mix(STONE, NIGHT, 0.42),
        )
        for brick in range(-3, 4):
            x = 655 + brick * 34 + (17 if row % 2 else 0)
            if abs(x - 655) < wide - 6:
                canvas.line([(x, y), (x, y - 22)], mix(STONE, NIGHT, 0.6), 1.4)
        canvas.line([(655 - wide, y), (655 + wide, y)], mix(STONE, NIGHT, 0.6), 1.4)
    canvas.ellipse(610, 214, 700, 304, (34, 24, 20))
    canvas.box(610, 258, 700, 344, (34, 24, 20))
    canvas.line([(655, 218), (655, 344)], (56, 42, 34), 2)
    canvas.circle(690, 292, 4, (150, 130, 80))
    canvas.box(540, 124, 770, 182, (120, 84, 54), radius=5)
    canvas.text(655, 153, "OLD TOWER", 31, CREAM, "Sans-Bold")
    canvas.box(392, 276, 500, 322, (120, 84, 54), radius=4)
    canvas.box(441, 322, 451, 386, (88, 60, 40))
    canvas.text(446, 299, "KEEP OUT", 18, CREAM, "Sans-Bold")
    return canvas.image


def old_tower(t: float) -> Canvas:
    """Nora runs up the path to the door."""
    canvas = Canvas(_tower_hill())
    way = ease(t, script.TOWER + 2.2, script.TOWER + 8.0)
    x, foot, size = 30 + 545 * way, 452 - 100 * way, 1.0 - 0.34 * way
    girl(canvas, x, foot, size, (x + 26 * size, foot - 58 * size), t * 11)
    lamp(canvas, x + 30 * size, foot - 36 * size, 0.62 * size, 0.9, t)
    rain(canvas, t)
    flash = max(0.0, 1 - abs(t - 36.0) / 0.1)
    canvas.polygon([(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)], (214, 224, 240), 0.3 * flash)
    return canvas


@cache
def _lamp_room() -> Image.Image:
    canvas = Canvas((48, 44, 58))
    for left in _WINDOWS:
        canvas.box(left, 40, left + 138, 330, (16, 26, 50), radius=6)
        canvas.line([(left + 69, 40), (left + 69, 330)], (48, 44, 58), 5)
        canvas.line([(left, 186), (left + 138, 186)], (48, 44, 58), 5)
    canvas.box(0, 350, WIDTH, HEIGHT, (64, 50, 44))
    canvas.line([(0, 352), (WIDTH, 352)], (36, 28, 26), 4)
    canvas.box(372, 372, 482, 388, (120, 84, 54), radius=4)
    canvas.box(388, 388, 466, 470, (96, 66, 44))
    return canvas.image


_MIRRORS: tuple[tuple[float, float, float, float], ...] = (
    (318, 300, 25, 36),
    (536, 300, 25, 36),
    (362, 246, 30, 30),
    (492, 246, 30, 30),
    (427, 214, 27, 40),
)
"""(x, y, half width, half height)"""


def lamp_room(t: float) -> Canvas:
    """She wipes a window, then sets mirrors around the lamp one by one."""
    canvas = Canvas(_lamp_room())
    rain(canvas, t, behind_glass=True)
    wiping = 1 - ease(t, 45.0, 45.6)
    if wiping > 0:
        canvas.ellipse(96, 120, 96 + 40 * (t - script.LAMP_ROOM), 250, (60, 84, 124), 0.5 * wiping)
    placed = [ease(t, 46.6 + 0.75 * number, 47.1 + 0.75 * number) for number in range(len(_MIRRORS))]
    for (x, y, wide, high), shown in zip(_MIRRORS, placed, strict=True):
        if shown:
            lift = 30 * (1 - shown)
            canvas.ellipse(
                x - wide - 4, y - high - 4 - lift, x + wide + 4, y + high + 4 - lift, (150, 112, 56), shown
            )
            canvas.ellipse(x - wide, y - high - lift, x + wide, y + high - lift, (186, 206, 218), shown)
            canvas.line(
                [(x - wide * 0.4, y + high * 0.3 - lift), (x + wide * 0.3, y - high * 0.5 - lift)],
                CREAM,
                3,
                shown * 0.9,
            )
    on_table = ease(t, 45.6, 46.4)
    x = 150 + 110 * on_table
    hand = (x + 46, 300 - 44 * abs(math.sin(t * 5))) if on_table < 0.1 else (x + 60, 330)
    girl(canvas, x, 446, 1.2, hand)
    lamp(canvas, x + 70 + (427 - 330) * on_table, 440 - 68 * on_table, 0.95, 0.8, t)
    return canvas


@cache
def _storm_sky() -> Image.Image:
    return gradient([(0, (10, 14, 28)), (0.6, (32, 44, 68)), (0.75, (44, 60, 84)), (1, DEEP)])


def light(t: float) -> Canvas:
    """The beam sweeps over the sea and finds the ship, which turns away."""
    canvas = Canvas(_storm_sky())
    lit = ease(t, script.LIT_S, script.LIT_S + 0.5)
    canvas.polygon([(-5, 300), (70, 296), (150, 312), (196, 350), (230, 484), (-5, 484)], (16, 22, 28))
    source = tower(canvas, 88, 300, 1.05, mix(STONE, NIGHT, 0.25), (30, 30, 40), None)
    waves(canvas, 356, 7, 52, t * 1.6, mix(SEA, NIGHT, 0.3))
    for x, high in ((300, 40), (340, 58), (384, 34)):
        canvas.polygon(
            [(x - 34, 400), (x - 8, 400 - high), (x + 10, 392 - high), (x + 38, 400)], (12, 16, 24)
        )
    _ship(canvas, t)
    waves(canvas, 404, 8, 70, -t * 1.9, mix(SEA, NIGHT, 0.48))
    waves(canvas, 446, 8, 88, t * 2.1 + 1, mix(SEA, NIGHT, 0.62))
    if lit:
        _beam(canvas, source, t, lit)
    rain(canvas, t)
    return canvas


def _ship(canvas: Canvas, t: float) -> None:
    turned = ease(t, 58.9, 61.9)
    x = 660 - 62 * ease(t, script.LIGHT, 57.0) + 120 * turned
    y = 352 + 4 * math.sin(t * 1.8)
    face = 1 - 2 * turned if abs(1 - 2 * turned) > 0.12 else 0.12
    wide = 118 * (0.75 + 0.25 * abs(face))
    bow = -1 if turned < 0.5 else 1
    hull: list[Point] = [
        (x - wide, y - 8),
        (x + wide, y - 8),
        (x + wide * 0.78, y + 46),
        (x - wide * 0.78, y + 46),
    ]
    hull[0 if bow < 0 else 1] = (x + bow * (wide + 26), y - 18)
    canvas.line([(x, y - 150), (x, y - 8)], (70, 48, 34), 6)
    canvas.polygon([(x, y - 146), (x, y - 22), (x - bow * 78, y - 26)], mix(CREAM, NIGHT, 0.2))
    canvas.polygon(
        [(x + bow * 6, y - 128), (x + bow * 6, y - 26), (x + bow * 70, y - 24)], mix(CREAM, NIGHT, 0.34)
    )
    canvas.polygon(hull, (104, 40, 36))
    canvas.line([hull[0], hull[1]], mix(RED, CREAM, 0.4), 4)
    if abs(face) > 0.6:
        canvas.text(x, y + 15, "MARY ANN", 26, CREAM, "Sans-Bold", (abs(face) - 0.6) / 0.4)


def _beam(canvas: Canvas, source: Point, t: float, lit: float) -> None:
    x, y = source
    flicker = 1 + 0.03 * math.sin(t * 13)
    sweep = (
        -0.2
        + 0.47 * ease(t, script.LIT_S + 0.5, 54.8)
        - 0.3 * ease(t, 62.0, 64.0)
        + 0.025 * math.sin(t * 1.9)
    )
    for spread, strength in ((0.15, 0.16), (0.09, 0.2), (0.045, 0.26)):
        far = 900
        ends = [(x + far, y + far * math.tan(sweep + side * spread)) for side in (-1, 1)]
        canvas.beam([(x, y), *ends], AMBER, strength * lit * flicker)
    canvas.glow(x, y, 110, AMBER, 0.9 * lit * flicker)
    canvas.circle(x, y, 9, (255, 246, 214), lit)
