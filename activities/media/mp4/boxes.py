"""Boxes of the ISO base media file format (ISO/IEC 14496-12 clause 4): walking and making them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

UNITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
"""The matrix of what is not turned (8.2.2)."""


class Unreadable(Exception):
    """The file is not an MP4 whose tables can be used as they are. Says why, for the report."""


class Truncated(Unreadable):
    """Part of the file is not there: no other way of reading it will find it."""


class Encrypted(Unreadable):
    """No other way of reading it will find pictures or sound either."""


class Box(NamedTuple):
    """A box inside `data`: `start` of its header, `body` of its content, `end`."""

    kind: bytes
    data: bytes
    start: int
    body: int
    end: int

    @property
    def raw(self) -> bytes:
        return self.data[self.start : self.end]

    @property
    def content(self) -> bytes:
        return self.data[self.body : self.end]

    @property
    def version(self) -> int:
        return self.data[self.body] if self.end > self.body else 0

    def children(self, skip: int = 0) -> Iterator[Box]:
        return walk(self.data, self.body + skip, self.end)

    def find(self, *path: bytes) -> Box | None:
        """The first box down a path of kinds."""
        here: Box | None = self
        for kind in path:
            here = next((child for child in here.children() if child.kind == kind), None) if here else None
        return here

    def need(self, *path: bytes) -> Box:
        found = self.find(*path)
        if found is None:
            raise Unreadable(f"the box {'/'.join(kind.decode('latin-1') for kind in path)} is missing")
        return found

    def unpack(self, layout: str, offset: int = 0) -> tuple[int, ...]:
        """Big-endian numbers at `offset` into the content."""
        start = self.body + offset
        if start + struct.calcsize(">" + layout) > self.end:
            raise Unreadable(f"the box {self.kind.decode('latin-1')} is cut short")
        return struct.unpack_from(">" + layout, self.data, start)


def walk(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes that lie side by side in data[start:end]."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1 and body + 8 <= end:
            size, body = struct.unpack_from(">Q", data, body)[0], body + 8
        elif size == 0:
            size = end - start
        if size < body - start or start + size > end:
            raise Unreadable(f"the box {kind.decode('latin-1')!r} is longer than what holds it")
        yield Box(kind, data, start, body, start + size)
        start += size


def box(kind: bytes, *parts: bytes) -> bytes:
    length = 8 + sum(map(len, parts))
    if length < 1 << 32:
        return b"".join((struct.pack(">I4s", length, kind), *parts))
    return b"".join((struct.pack(">I4sQ", 1, kind, length + 8), *parts))


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)
