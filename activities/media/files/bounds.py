"""What a file may take of this process: memory that is given back, and ceilings on memory and time for damaged ones."""

from __future__ import annotations

import ctypes
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from schema.errors import MediaRefused

MEMORY_BYTES = 3 * 2**30
"""What reading a video may need beyond what the process has: the reference pictures of 8K HEVC stay under it."""
DECODING_THREADS = 4
"""More decode little faster, and each holds pictures of its own."""
_PICTURES_HELD = 48
_M_MMAP_THRESHOLD = -3
_LARGE_BLOCK = 512 << 10
"""The sound of a block that is mixed is smaller: those come and go too often to be asked of the system each time."""


def decoding_memory(width: int, height: int) -> int:
    """Bytes that decoding the whole picture may take: 16-bit 4:2:0, references and a few a thread."""
    return MEMORY_BYTES + _PICTURES_HELD * width * height * 3


def give_back_memory() -> None:
    """Have the C library return large blocks to the system as soon as they are freed, such as tables of an hour. By
    itself it takes the largest block freed for what is usual, and keeps all up to its size (mallopt(3)).

    glibc only; elsewhere without effect.
    """
    with suppress(AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)


@contextmanager
def bounded_memory(extra: int = MEMORY_BYTES) -> Iterator[None]:
    """Let the process map at most `extra` bytes more inside the block: a table of a damaged file that asks for
    more is a MemoryError instead of a machine that swaps.

    Meant for child processes with one job: the limit is the whole process's. Linux only; elsewhere without effect.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    wanted = pages * resource.getpagesize() + extra
    for limit in (soft, hard):
        if limit != resource.RLIM_INFINITY:
            wanted = min(wanted, limit)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


class Deadline:
    """Time for reading a file: a fixed part, and so much for every byte and every second of video."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """
        Raises:
            MediaRefused: time is up.
        """
        if time.monotonic() > self._end:
            raise MediaRefused(
                f"Reading the file took longer than {self._seconds:.0f} s, which only a damaged file does. "
                "Export it again."
            )
