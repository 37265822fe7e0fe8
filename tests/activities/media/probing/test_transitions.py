"""Cuts, dissolves, fades and black, on pictures whose transitions are known to the frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from activities.media.probing.transitions import HEIGHT, WIDTH, TransitionFinder
from schema.contracts.media import SceneChange, Span

Luma = NDArray[np.float64]
_rng = np.random.default_rng(7)


def wall(seed: int, spread: float = 40, mean: float = 120) -> Luma:
    """A picture twice as large as the frame, with detail at three scales."""
    rng = np.random.default_rng(seed)
    high, wide = 2 * HEIGHT, 2 * WIDTH
    sums = np.zeros((high, wide))
    for size in (4, 8, 24):
        cells = rng.standard_normal((high // size + 2, wide // size + 2))
        sums += np.kron(cells, np.ones((size, size)))[:high, :wide]
    return (sums - sums.mean()) / sums.std() * spread + mean


def view(picture: Luma, right: float = 0.0) -> Luma:
    """The part of it that a camera sees that has panned so far."""
    whole, part = int(right), right - int(right)
    return picture[:HEIGHT, whole : whole + WIDTH] * (1 - part) + (
        picture[:HEIGHT, whole + 1 : whole + 1 + WIDTH] * part
    )


A, B, C = (wall(seed) for seed in (1, 2, 3))


def find(
    draw: Callable[[int], Luma], count: int = 120, rate: float = 25, color: Callable[[int], int] | None = None
) -> tuple[tuple[SceneChange, ...], tuple[Span, ...]]:
    finder = TransitionFinder(rate)
    for number in range(count):
        luma = draw(number) + _rng.normal(0, 0.5, (HEIGHT, WIDTH))
        chroma = np.full((2, HEIGHT, WIDTH), color(number) if color else 128)
        planes = np.concatenate((np.clip(luma, 16, 235)[None], chroma)).astype(np.uint8)
        finder.add(round(number * 1000 / rate), planes)
    return finder.finish(round(count * 1000 / rate))


def kinds(found: tuple[SceneChange, ...]) -> list[tuple[str, int]]:
    return [(change.kind, change.at_ms) for change in found]


def test_a_cut_is_at_the_first_picture_of_the_new_shot() -> None:
    assert kinds(find(lambda n: view(A if n < 50 else B))[0]) == [("cut", 2000)]


def test_cuts_a_fifth_of_a_second_apart() -> None:
    found, _ = find(lambda n: view((A, B, C, A)[(n >= 50) + (n >= 55) + (n >= 60)]))
    assert kinds(found) == [("cut", 2000), ("cut", 2200), ("cut", 2400)]


def test_a_cut_between_moving_and_between_dark_shots() -> None:
    assert kinds(find(lambda n: view(A if n < 50 else B, n * 0.3))[0]) == [("cut", 2000)]
    dark = [wall(seed, 6, 30) for seed in (4, 5)]
    assert kinds(find(lambda n: view(dark[n >= 50]))[0]) == [("cut", 2000)]


def test_a_cut_between_shots_of_the_same_brightness() -> None:
    assert kinds(find(lambda n: view(A), color=lambda n: 100 if n < 50 else 150)[0]) == [("cut", 2000)]


def test_a_cut_right_before_the_end() -> None:
    assert kinds(find(lambda n: view(A if n < 116 else B))[0]) == [("cut", 116 * 40)]


@pytest.mark.parametrize("speed", [0.05, 0.1, 0.3, 0.6])
def test_a_pan_is_no_transition(speed: float) -> None:
    assert find(lambda n: view(A, n * speed % 60), count=100)[0] == ()


def test_shake_flash_and_noise_are_no_transitions() -> None:
    assert find(lambda n: view(A, 20 + 8 * np.sin(n * 1.3)))[0] == ()
    for length in (1, 2):
        assert (
            find(lambda n, long=length: view(A) if n not in range(50, 50 + long) else view(A) * 0 + 220)[0]
            == ()
        )
    assert find(lambda n: view(A) + _rng.normal(0, 10, (HEIGHT, WIDTH)), rate=60)[0] == ()


def test_lightning_that_swells_and_dies_is_no_transition() -> None:
    assert find(lambda n: view(A) + 40 * max(0.0, 1 - abs(n - 50) / 2.5))[0] == ()


@pytest.mark.parametrize("length", [5, 12, 25, 40])
def test_a_dissolve_spans_its_mixed_pictures(length: int) -> None:
    def draw(number: int) -> Luma:
        share = min(1.0, max(0.0, (number - 30) / length))
        return view(A) * (1 - share) + view(B) * share

    (found,), _ = find(draw)
    assert found.kind == "dissolve"
    # The first mixed picture is number 31, the first clean one 30 + length.
    assert found.at_ms == pytest.approx(31 * 40, abs=120)
    assert found.until_ms == pytest.approx((30 + length) * 40, abs=120)


def test_a_dissolve_between_moving_shots() -> None:
    def draw(number: int) -> Luma:
        share = min(1.0, max(0.0, (number - 30) / 12))
        return view(A, number * 0.1) * (1 - share) + view(B, number * 0.1) * share

    (found,), _ = find(draw)
    assert (found.kind, found.at_ms) == ("dissolve", pytest.approx(1240, abs=120))


def test_one_mixed_picture_at_a_cut_is_marked() -> None:
    def draw(number: int) -> Luma:
        return (view(A) + view(B)) / 2 if number == 50 else view(A if number < 50 else B)

    (found,), _ = find(draw)
    assert (found.kind, found.at_ms, found.until_ms) == ("dissolve", 2000, 2040)


def test_fade_out_black_fade_in() -> None:
    def draw(number: int) -> Luma:
        light = 1 - min(1.0, max(0.0, (number - 30) / 15)) + min(1.0, max(0.0, (number - 60) / 15))
        return 16 + (view(A if number < 50 else B) - 16) * light

    found, black = find(draw)
    assert [change.kind for change in found] == ["fade", "fade"]
    assert [change.at_ms for change in found] == pytest.approx([1240, 2440], abs=80)
    assert [change.until_ms for change in found] == pytest.approx([1800, 3000], abs=80)
    (span,) = black
    assert (span.start_ms, span.end_ms) == pytest.approx((1800, 2400), abs=120)


def test_black_at_both_ends_with_cuts() -> None:
    found, black = find(lambda n: view(A) if 25 <= n < 75 else view(A) * 0 + 16, count=100)
    assert kinds(found) == [("cut", 1000), ("cut", 3000)]
    assert [(span.start_ms, span.end_ms) for span in black] == [(0, 1000), (3000, 4000)]


def test_a_dark_shot_and_small_white_letters_are_not_black() -> None:
    assert find(lambda n: view(wall(6, 12, 45)))[1] == ()

    def credits(number: int) -> Luma:
        picture = view(A) * 0 + 16
        picture[17:19, 28:36] = 80  # letters, averaged with what is around them
        return picture

    assert find(credits)[1] == ()


def test_memory_does_not_grow() -> None:
    finder = TransitionFinder(25)
    planes = np.zeros((3, HEIGHT, WIDTH), np.uint8)
    for number in range(3000):
        finder.add(number * 40, planes)
    assert len(finder._seen) < 250
