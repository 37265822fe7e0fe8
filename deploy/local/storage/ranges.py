"""`Range` of a download (RFC 9110, section 14) and `Content-Range` of an upload's chunk."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deploy.local.storage.errors import StorageError, invalid

CHUNK_QUANTUM = 256 * 1024
"""Every chunk of a resumable upload but the last is a multiple of this many bytes."""

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_CONTENT_RANGE = re.compile(r"bytes (?:([0-9]{1,18})-([0-9]{1,18})|\*)/(?:([0-9]{1,18})|\*)")


def requested_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The half-open (start, end) that a `Range` header asks for, or None where the whole is to be sent: without
    one, with one that cannot be read, or with several at once. 416 where nothing of it exists."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < int(first):
            return None
    if start >= end:
        error = StorageError(416, "requestedRangeNotSatisfiable", "The requested range cannot be satisfied.")
        error.headers["Content-Range"] = f"bytes */{size}"
        raise error
    return start, end


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where the body of a PUT belongs: from `start`, up to `end` where that is told; `total` is the size of the
    whole where that is known. Without a body it is a question for the session's state."""

    start: int
    end: int | None
    total: int | None
    has_body: bool = True

    @property
    def is_last(self) -> bool:
        return self.end is None or self.end == self.total


def chunk_of(header: str | None, length: str | None) -> Chunk:
    """Reads `Content-Range` (`bytes 0-524287/2000000`, `bytes 0-524287/*`, `bytes */2000000`, `bytes */*`; without
    it, the body is the whole object) and holds the chunk to the rules. `length` is `Content-Length`."""
    if header is None:
        return Chunk(0, None, int(length) if length and length.isdigit() else None)
    match = _CONTENT_RANGE.fullmatch(header.strip())
    if match is None:
        raise invalid(
            f"Content-Range {header!r} is not of the form 'bytes first-last/total' or 'bytes */total'."
        )
    first, last, total_text = match.groups()
    total = int(total_text) if total_text else None
    if first is None:
        return Chunk(0, None, total, has_body=False)
    chunk = Chunk(int(first), int(last) + 1, total)
    assert chunk.end is not None
    size = chunk.end - chunk.start
    if size <= 0 or (total is not None and chunk.end > total):
        raise invalid(f"Content-Range {header!r} ends before it starts, or after the total.")
    if length is not None and length.isdigit() and int(length) != size:
        raise invalid(f"Content-Range {header!r} has {size} bytes, the body {length}.")
    if not chunk.is_last and size % CHUNK_QUANTUM:
        raise invalid(
            f"A chunk that is not the last must be a multiple of {CHUNK_QUANTUM} bytes; this one has {size}."
        )
    return chunk
