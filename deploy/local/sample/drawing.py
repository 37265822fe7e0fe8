"""Flat pictures in Pillow, drawn at twice the size and scaled down, so that their edges are smooth."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deploy.local.sample.script import HEIGHT, WIDTH

SCALE = 2
Color = tuple[int, int, int]
Point = tuple[float, float]

NIGHT, DEEP, SEA, FOAM = (9, 18, 43), (17, 36, 74), (20, 62, 97), (120, 170, 196)
PAPER, INK, RED = (236, 222, 190), (74, 54, 38), (176, 42, 38)
AMBER, CREAM, STONE, SKIN, HAIR = (
    (255, 205, 112),
    (250, 240, 214),
    (116, 120, 132),
    (233, 188, 155),
    (92, 52, 34),
)
DRESS = (47, 125, 120)


class Canvas:
    """Draws in pixels of the finished picture."""

    def __init__(self, background: Image.Image | Color) -> None:
        size = (WIDTH * SCALE, HEIGHT * SCALE)
        self.image = (
            background.copy() if isinstance(background, Image.Image) else Image.new("RGB", size, background)
        )
        self._draw = ImageDraw.Draw(self.image, "RGBA")

    def polygon(self, points: Sequence[Point], fill: Color, alpha: float = 1.0) -> None:
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=_with_alpha(fill, alpha))

    def line(self, points: Sequence[Point], fill: Color, width: float = 2, alpha: float = 1.0) -> None:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(
            scaled, fill=_with_alpha(fill, alpha), width=max(1, round(width * SCALE)), joint="curve"
        )

    def circle(self, x: float, y: float, radius: float, fill: Color, alpha: float = 1.0) -> None:
        self.ellipse(x - radius, y - radius, x + radius, y + radius, fill, alpha)

    def ellipse(
        self, left: float, top: float, right: float, bottom: float, fill: Color, alpha: float = 1.0
    ) -> None:
        box = (left * SCALE, top * SCALE, right * SCALE, bottom * SCALE)
        self._draw.ellipse(box, fill=_with_alpha(fill, alpha))

    def box(
        self, left: float, top: float, right: float, bottom: float, fill: Color, *, radius: float = 0
    ) -> None:
        scaled = (left * SCALE, top * SCALE, right * SCALE, bottom * SCALE)
        self._draw.rounded_rectangle(scaled, radius * SCALE, fill=fill)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        fill: Color,
        face: str = "Serif",
        alpha: float = 1.0,
    ) -> None:
        """Centred on (x, y)."""
        font = _font(face, round(size * SCALE))
        mask = Image.new("L", self.image.size)  # text does not blend by itself
        shade = round(255 * min(1.0, max(0.0, alpha)))
        ImageDraw.Draw(mask).text((x * SCALE, y * SCALE), words, shade, font, anchor="mm")
        self.image.paste(fill, mask=mask)

    def glow(self, x: float, y: float, radius: float, color: Color, strength: float) -> None:
        """Light around a point, added to what is there."""
        if strength > 0:
            light = Image.fromarray((_glow(round(radius)) * np.array(color) * strength).astype(np.uint8))
            self._add(light, x - radius, y - radius)

    def _add(self, light: Image.Image, left: float, top: float) -> None:
        at = round(left * SCALE), round(top * SCALE)
        box = (max(0, at[0]), max(0, at[1]))
        end = (min(self.image.width, at[0] + light.width), min(self.image.height, at[1] + light.height))
        if box[0] >= end[0] or box[1] >= end[1]:
            return
        under = np.asarray(self.image.crop((*box, *end))).astype(np.uint16)
        part = np.asarray(light.crop((box[0] - at[0], box[1] - at[1], end[0] - at[0], end[1] - at[1])))
        self.image.paste(Image.fromarray(np.minimum(255, under + part).astype(np.uint8)), box)

    def beam(self, points: Sequence[Point], fill: Color, strength: float) -> None:
        """A see-through shape of light."""
        self.polygon(points, fill, strength)

    def finished(self) -> NDArray[np.uint8]:
        """RGB, shape (HEIGHT, WIDTH, 3)."""
        return np.asarray(self.image.resize((WIDTH, HEIGHT), Image.Resampling.BOX))


def gradient(stops: Sequence[tuple[float, Color]]) -> Image.Image:
    """A sky: colours at heights from 0 (top) to 1, mixed between, with noise too fine to see against banding."""
    heights = np.linspace(0, 1, HEIGHT * SCALE)
    at, colors = [stop[0] for stop in stops], np.array([stop[1] for stop in stops], float)
    column = np.stack([np.interp(heights, at, colors[:, channel]) for channel in range(3)], axis=1)
    noise = np.random.default_rng(0).uniform(-0.7, 0.7, (HEIGHT * SCALE, WIDTH * SCALE, 1))
    return Image.fromarray(np.clip(np.rint(column[:, None, :] + noise), 0, 255).astype(np.uint8))


def waves(canvas: Canvas, level: float, height: float, length: float, phase: float, fill: Color) -> None:
    """Sea up to the bottom edge, with a moving surface."""
    xs = np.linspace(-4, WIDTH + 4, 90)
    ys = level + height * np.sin(xs / length + phase) + height * 0.4 * np.sin(xs / length * 2.3 - phase * 1.4)
    surface = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
    canvas.polygon([*surface, (WIDTH + 4, HEIGHT + 4), (-4, HEIGHT + 4)], fill)
    canvas.line(surface, mix(fill, FOAM, 0.35), 1.4)


def ease(now: float, start: float, end: float) -> float:
    """0 before `start`, 1 after `end`, and smoothly between."""
    share = min(1.0, max(0.0, (now - start) / (end - start)))
    return share * share * (3 - 2 * share)


def mix(a: Color, b: Color, share: float) -> Color:
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _with_alpha(color: Color, alpha: float) -> tuple[int, int, int, int]:
    return (*color, round(255 * min(1.0, max(0.0, alpha))))


@cache
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(f"DejaVu{face}.ttf", size)


@cache
def _glow(radius: int) -> NDArray[np.float64]:
    span = (np.arange(2 * radius * SCALE) + 0.5) / (radius * SCALE) - 1
    distance = np.hypot(span[:, None], span[None, :])
    light: NDArray[np.float64] = (np.clip(1 - distance, 0, 1) ** 2)[:, :, None]
    return light
