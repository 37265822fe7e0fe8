"""Uploads a file to a resumable session in chunks. After an interruption, continues at the offset that the bucket
reports.

The protocol is that of "Resumable uploads" in the Cloud Storage documentation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx

UNIT = 256 * 2**10
"""Every chunk except the last is a multiple of this."""
LARGEST = 8 * 2**20
_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Delays before successive attempts, after which the upload fails."""


class UploadFailed(Exception):
    """The file could not be sent; the message says why."""


async def send_file(
    http: httpx.AsyncClient, url: str, path: Path, sent: Callable[[int], None], chunk_bytes: int | None = None
) -> None:
    """Sends all of `path`. `sent` is called with the number of bytes that the bucket holds.

    Raises:
        UploadFailed: the session refuses, or does not come back.
    """
    size = (await asyncio.to_thread(path.stat)).st_size
    step = chunk_bytes or chunk_for(size)
    held, failures = 0, 0
    with path.open("rb") as file:
        while held < size:
            file.seek(held)
            chunk = await asyncio.to_thread(file.read, step)
            span = f"bytes {held}-{held + len(chunk) - 1}/{size}"
            before, held = held, await _put(http, url, chunk, span, size)
            if held < 0 or held == before:
                if failures == len(_PAUSES_S):
                    raise UploadFailed("The upload was cut too often. Is the object store running?")
                await asyncio.sleep(_PAUSES_S[failures])
                failures += 1
                answer = await _put(http, url, b"", f"bytes */{size}", size)
                held = answer if answer >= 0 else before
            else:
                failures = 0
            sent(held)


def chunk_for(size: int) -> int:
    """About forty chunks, so that there is visible progress, and none above 8 MiB."""
    return min(LARGEST, max(UNIT, size // 40 // UNIT * UNIT))


async def _put(http: httpx.AsyncClient, url: str, chunk: bytes, span: str, size: int) -> int:
    """Returns how many bytes the bucket holds; -1 if the connection was lost or the server failed."""
    try:
        answer = await http.put(url, content=chunk, headers={"Content-Range": span})
    except httpx.TransportError:
        return -1
    return held_bytes(answer, size)


def held_bytes(answer: httpx.Response, size: int) -> int:
    """The number of bytes that a response of the session reports: all, a number, or -1 for "ask again".

    Raises:
        UploadFailed: the session is gone, or does not accept this file.
    """
    if answer.status_code in (200, 201):
        return size
    if (
        answer.status_code == 308
    ):  # Resume Incomplete: `Range: bytes=0-N`, or no such header while it is empty
        span = answer.headers.get("Range")
        return int(span.rpartition("-")[2]) + 1 if span else 0
    if answer.status_code >= 500 or answer.status_code == 429:
        return -1
    raise UploadFailed(f"The bucket refused the upload ({answer.status_code}): {answer.text[:300]}")
