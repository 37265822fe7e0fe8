"""The quiet scenes: the title, the map, the kitchen, and dawn. `t` is the film's time in seconds."""

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
    INK,
    NIGHT,
    PAPER,
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
from deploy.local.sample.figures import girl, headland, lamp, tower
from deploy.local.sample.script import HEIGHT, WIDTH


@cache
def _night_sky() -> Image.Image:
    return gradient([(0, NIGHT), (0.62, (24, 52, 96)), (0.75, (52, 88, 128)), (1, DEEP)])


@cache
def _stars() -> tuple[tuple[float, float, float, float], ...]:
    rng = np.random.default_rng(12)
    return tuple(
        (float(x), float(y), float(size), float(phase))
        for x, y, size, phase in zip(
            rng.uniform(0, WIDTH, 90),
            rng.uniform(0, 270, 90),
            rng.uniform(0.6, 1.7, 90),
            rng.uniform(0, 6.3, 90),
            strict=True,
        )
        if not (80 < x < 690 and 150 < y < 285)  # a star between two words reads as a full stop
    )


def title(t: float) -> Canvas:
    canvas = Canvas(_night_sky())
    for x, y, size, phase in _stars():
        canvas.circle(x, y, size, CREAM, 0.45 + 0.4 * math.sin(t * 1.7 + phase))
    canvas.glow(150, 96, 90, (90, 100, 120), 0.9)
    canvas.circle(150, 96, 30, (243, 236, 214))
    canvas.circle(163, 88, 26, mix(NIGHT, (24, 52, 96), 0.3))
    waves(canvas, 360, 4, 46, t * 0.9, mix(SEA, NIGHT, 0.35))
    headland(canvas, (12, 20, 36))
    tower(canvas, 735, 304, 0.92, (22, 31, 52), (14, 21, 38), None)
    waves(canvas, 398, 5, 62, -t * 1.1 + 1, mix(SEA, NIGHT, 0.5))
    waves(canvas, 436, 6, 80, t * 1.3 + 2, mix(SEA, NIGHT, 0.68))
    shown = ease(t, 0.9, 1.9)
    canvas.text(384, 186 + 8 * (1 - shown), "How the Lighthouse", 50, CREAM, "Serif-Bold", shown)
    later = ease(t, 1.6, 2.6)
    canvas.text(384, 250 + 8 * (1 - later), "Got Its Light", 50, AMBER, "Serif-Bold", later)
    return canvas


_ROUTE: tuple[Point, ...] = ((800, 136), (716, 176), (612, 190), (530, 236), (470, 264), (402, 300))
_ROCKS: Point = (402, 300)


@cache
def _map() -> Image.Image:
    canvas = Canvas(PAPER)
    canvas.box(26, 26, 828, 454, mix(PAPER, (150, 190, 196), 0.55))
    rng = np.random.default_rng(5)
    for x, y in zip(rng.uniform(300, 800, 42), rng.uniform(50, 440, 42), strict=True):
        canvas.line([(x, y), (x + 7, y - 3), (x + 14, y)], mix(INK, PAPER, 0.45), 1.2)
    coast: list[Point] = [
        (26, 26),
        (420, 26),
        (400, 70),
        (330, 96),
        (310, 150),
        (236, 182),
        (218, 240),
        (262, 296),
    ]
    coast += [(292, 330), (280, 372), (330, 410), (420, 424), (470, 454), (26, 454)]
    canvas.polygon(coast, (214, 196, 148))
    canvas.line(coast[1:-1], INK, 3)
    for x, y in ((92, 88), (120, 110), (150, 84), (74, 360), (108, 384), (140, 356)):
        canvas.polygon([(x - 16, y + 16), (x + 16, y + 16), (x, y - 12)], (126, 140, 92))
    for x, y in ((196, 240), (176, 262), (206, 276), (180, 222)):
        canvas.box(x - 8, y - 6, x + 8, y + 8, CREAM)
        canvas.polygon([(x - 11, y - 5), (x + 11, y - 5), (x, y - 17)], RED)
    canvas.circle(742, 376, 44, PAPER)
    for angle in range(8):
        turn, long = angle * math.pi / 4, 40 if angle % 2 == 0 else 20
        tip = (742 + long * math.sin(turn), 376 - long * math.cos(turn))
        sides = [(742 + 7 * math.sin(turn + side), 376 - 7 * math.cos(turn + side)) for side in (-1.57, 1.57)]
        canvas.polygon([tip, *sides], INK if angle % 2 == 0 else RED)
    canvas.text(742, 322, "N", 20, INK, "Serif-Bold")
    canvas.text(590, 76, "Keeper's Bay", 44, INK, "Serif-Bold")
    canvas.text(118, 300, "Village", 22, INK, "Serif")
    for edge in (26, 32):
        canvas.line(
            [(edge, edge), (854 - edge, edge), (854 - edge, 480 - edge), (edge, 480 - edge), (edge, edge)],
            INK,
            2,
        )
    return canvas.image


def chart(t: float) -> Canvas:
    """The map: a ship's dotted course runs to a red cross."""
    canvas = Canvas(_map())
    share = ease(t, script.MAP + 3.6, script.MAP + 9.0)
    course = _along(_ROUTE, 60)
    sailed = course[: max(1, round(share * len(course)))]
    for x, y in sailed[::2]:
        canvas.circle(x, y, 3.2, INK)
    cross = ease(t, script.MAP + 7.6, script.MAP + 8.2)
    if cross > 0:
        x, y = _ROCKS
        reach = 17 * (1.6 - 0.6 * cross)
        canvas.line([(x - reach, y - reach), (x + reach, y + reach)], RED, 7, cross)
        canvas.line([(x - reach, y + reach), (x + reach, y - reach)], RED, 7, cross)
        canvas.text(x + 20, y + 42, "The Rocks", 30, RED, "Serif-Bold", cross)
    if cross < 1:
        x, y = sailed[-1]
        canvas.polygon([(x - 18, y - 2), (x + 18, y - 2), (x + 11, y + 9), (x - 12, y + 9)], INK, 1 - cross)
        canvas.polygon([(x, y - 30), (x, y - 5), (x - 17, y - 5)], CREAM, 1 - cross)
        canvas.line([(x, y - 32), (x, y - 2)], INK, 2, 1 - cross)
    return canvas


def _along(points: tuple[Point, ...], count: int) -> list[Point]:
    """Points at even distances."""
    xs, ys = np.array(points).T
    lengths = np.concatenate(([0], np.cumsum(np.hypot(np.diff(xs), np.diff(ys)))))
    at = np.linspace(0, lengths[-1], count)
    return [
        (float(x), float(y))
        for x, y in zip(np.interp(at, lengths, xs), np.interp(at, lengths, ys), strict=True)
    ]


@cache
def _kitchen() -> Image.Image:
    canvas = Canvas((122, 84, 62))
    canvas.box(0, 380, WIDTH, HEIGHT, (70, 46, 34))
    for x in range(0, WIDTH + 60, 95):
        canvas.line([(x, 382), (x - 50, HEIGHT)], (56, 36, 27), 2)
    canvas.box(520, 66, 770, 286, (60, 38, 28), radius=4)
    canvas.box(534, 80, 756, 272, (20, 40, 78))
    canvas.box(506, 278, 784, 296, (86, 56, 40), radius=3)
    canvas.box(70, 300, 400, 318, (150, 102, 66), radius=3)
    for x in (92, 366):
        canvas.box(x, 318, x + 14, 430, (118, 78, 50))
    canvas.box(60, 112, 236, 122, (88, 58, 42))
    for x, color in ((84, (150, 62, 50)), (122, (86, 112, 92)), (196, (98, 96, 130))):
        canvas.box(x - 15, 76, x + 15, 112, color, radius=4)
        canvas.box(x - 12, 68, x + 12, 77, (60, 40, 30), radius=2)
    canvas.box(300, 92, 424, 222, CREAM, radius=3)
    canvas.box(300, 92, 424, 122, RED, radius=3)
    canvas.text(362, 107, "December", 19, CREAM, "Serif-Bold")
    canvas.text(362, 176, "1", 72, INK, "Serif-Bold")
    return canvas.image


@cache
def _snow() -> tuple[tuple[float, float, float], ...]:
    rng = np.random.default_rng(3)
    return tuple((float(a), float(b), float(c)) for a, b, c in rng.uniform(0, 1, (60, 3)))


def kitchen(t: float) -> Canvas:
    """Nora lights the lamp, and carries it to the sill."""
    canvas = Canvas(_kitchen())
    canvas.circle(705, 122, 20, (238, 232, 212))
    for x, y, speed in _snow():
        down = (y + (t - script.KITCHEN) * (0.08 + 0.1 * speed)) % 1
        canvas.circle(
            538 + 214 * ((x + 0.02 * math.sin(t + 9 * x)) % 1),
            84 + 184 * down,
            1.2 + 1.4 * speed,
            CREAM,
            0.85,
        )
    canvas.line([(645, 80), (645, 272)], (60, 38, 28), 7)
    canvas.line([(534, 176), (756, 176)], (60, 38, 28), 7)
    lit, carried = ease(t, 23.9, 24.5), ease(t, 25.4, 27.0)
    x, foot = 330 + 250 * carried, 300 - 22 * carried - 40 * math.sin(math.pi * carried)
    girl(canvas, 262 + 218 * carried, 432, 1.25, (x - 12, foot - 12), (t * 9 if 0 < carried < 1 else 0))
    lamp(canvas, x, foot, 1.0, lit, t)
    if lit < 1:
        canvas.polygon([(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)], NIGHT, 0.3 * (1 - lit))
    return canvas


@cache
def _dawn_sky() -> Image.Image:
    return gradient(
        [(0, (86, 132, 182)), (0.4, (230, 178, 150)), (0.66, (255, 214, 150)), (1, (255, 226, 176))]
    )


def dawn(t: float) -> Canvas:
    canvas = Canvas(_dawn_sky())
    canvas.glow(250, 330, 210, (120, 80, 30), 0.9)
    canvas.circle(250, 330 - 10 * ease(t, script.DAWN, script.LENGTH_S), 40, (255, 243, 205))
    waves(canvas, 352, 2, 60, t * 0.5, (122, 160, 176))
    headland(canvas, (86, 112, 82))
    tower(canvas, 735, 304, 1.1, (248, 244, 236), (120, 44, 40), RED)
    waves(canvas, 392, 3, 80, -t * 0.6, (94, 138, 160))
    waves(canvas, 436, 3, 95, t * 0.7 + 1, (70, 116, 142))
    for number in range(4):
        x = 420 + number * 44 + 16 * (t - script.DAWN)
        y, flap = 120 + 22 * (number % 3), 5 * math.sin(t * 7 + number)
        canvas.line([(x - 13, y - 3 + flap), (x, y + 3), (x + 13, y - 3 + flap)], STONE, 2.6)
    shown = ease(t, 67.2, 68.0)
    canvas.text(330, 150 + 6 * (1 - shown), "The End", 58, (74, 40, 38), "Serif-Bold", shown)
    canvas.text(
        330, 214, "It has burned every night since 1897", 25, (74, 40, 38), "Serif-Bold", ease(t, 67.8, 68.6)
    )
    return canvas
