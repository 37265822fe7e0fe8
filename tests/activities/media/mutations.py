"""Damages media files in the ways that find bugs in readers. The same seed gives the same damage."""

from __future__ import annotations

import random
from collections.abc import Callable

_NAMES = (
    *(
        b"ftyp",
        b"moov",
        b"mvhd",
        b"trak",
        b"tkhd",
        b"edts",
        b"elst",
        b"mdia",
        b"mdhd",
        b"hdlr",
        b"minf",
        b"stbl",
    ),
    *(
        b"stsd",
        b"stts",
        b"ctts",
        b"stss",
        b"stsc",
        b"stsz",
        b"stco",
        b"avc1",
        b"avcC",
        b"mp4a",
        b"esds",
        b"mdat",
    ),
    *(b"moof", b"traf", b"tfhd", b"tfdt", b"trun", b"mvex", b"trex", b"udta", b"colr", b"pasp"),
)
_EXTREMES = (0, 1, 7, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 0x00FFFFFF)
_SPAN = 4096
"""Headers stand at the beginning or the end: half the damage goes there."""


def _place(data: bytearray, rng: random.Random) -> int:
    where = rng.random()
    if where < 0.3:
        return rng.randrange(min(len(data), _SPAN))
    if where < 0.5:
        return len(data) - 1 - rng.randrange(min(len(data), _SPAN))
    return rng.randrange(len(data))


def flip_bits(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 4, 32))):
        data[_place(data, rng)] ^= 1 << rng.randrange(8)


def cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(1, len(data)) :]


def zero_run(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    length = min(len(data) - at, rng.choice((4, 64, 2048)))
    data[at : at + length] = bytes(length)


def remove_run(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    del data[at : at + rng.choice((1, 16, 900))]


def repeat_run(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    data[at:at] = data[at : at + rng.choice((8, 188, 3000))]


def random_run(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    noise = rng.randbytes(rng.choice((4, 32, 512)))
    data[at : at + len(noise)] = noise


def extreme_number(data: bytearray, rng: random.Random) -> None:
    at = _place(data, rng)
    data[at : at + 4] = rng.choice(_EXTREMES).to_bytes(4, "big")


def box_field(data: bytearray, rng: random.Random) -> None:
    """The size of an MP4 box, or one of the numbers it begins with."""
    places = [at for name in rng.sample(_NAMES, 8) if (at := data.find(name)) >= 4]
    at = rng.choice(places or [4]) + rng.choice((-4, -4, 4, 8, 12, 16, 20))
    data[at : at + 4] = rng.choice(_EXTREMES).to_bytes(4, "big")


def rename_box(data: bytearray, rng: random.Random) -> None:
    at = data.find(rng.choice(_NAMES))
    if at >= 0:
        data[at : at + 4] = rng.choice(_NAMES)


_DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    flip_bits,
    cut,
    zero_run,
    remove_run,
    repeat_run,
    random_run,
    extreme_number,
    box_field,
    box_field,
    rename_box,
)


def mutate(original: bytes, seed: int) -> bytes:
    """One to three kinds of damage."""
    rng = random.Random(seed)
    data = bytearray(original)
    for _ in range(rng.choice((1, 1, 2, 3))):
        if len(data) > 16:
            rng.choice(_DAMAGES)(data, rng)
    return bytes(data)
