"""Damaged files by the hundred, through what a worker does with them, in a child process as a worker has it.

A failure names file and seed: `mutate(make_originals(folder)[name], seed)` is that file again.
"""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from activities.media.probing.probe import Limits
from activities.ports import Progress
from activities.running.child import run_in_child
from tests.activities.media.mutations import mutate
from tests.media_corpus import CORPUS
from tests.media_factory import make_video

KINDS = (
    "h264_aac",
    "fragmented",
    "mkv",
    "ts",
    "vp9_webm",
    "hevc",
    "surround",
    "chapters",
    "drop_frame",
    "opus",
)
LIMITS = Limits(max_bytes=2**30, max_duration_ms=600_000)
SECONDS_A_FILE = 120
MEMORY_BYTES = 1_500 * 2**20
LARGEST_OUTPUT = 1 << 30
"""A second of video that becomes more would fill a worker's disk."""

Check = Callable[[Path, int], str]
"""(damaged file, seed) to a word for what became of it; a module's top-level function. It raises where the file broke
something."""
Case = tuple[str, int]


def make_originals(folder: Path) -> dict[str, bytes]:
    """A second of each kind: a damaged file says as much as a long one."""
    made = {}
    for name in KINDS:
        extension, spec = CORPUS[name]
        chapters = ((0.0, 0.5, "One"), (0.5, 0.9, "Two")) if spec.chapters else ()
        path = folder / f"{name}.{extension}"
        made[name] = make_video(path, replace(spec, seconds=0.9, chapters=chapters)).read_bytes()
    return made


def cases(first_seed: int, count: int) -> list[Case]:
    return [(KINDS[seed % len(KINDS)], seed) for seed in range(first_seed, first_seed + count)]


def run_cases(check: Check, folder: Path, originals: dict[str, bytes], wanted: list[Case]) -> dict[str, int]:
    """How often `check` answered each word; fails with the case that broke something."""
    now = "before the first file"

    def note(_share: float, case: str) -> None:
        nonlocal now
        now = case

    try:
        counts, memory = asyncio.run(
            run_in_child(_check_all, check, folder, originals, wanted, on_progress=note)
        )
    except Exception as error:
        # -14 is the alarm of a file that took too long, -25 the limit on what is written
        pytest.fail(f"{now}: {error}")
    assert memory < MEMORY_BYTES, f"seeds {wanted[0][1]} to {wanted[-1][1]} took {memory / 2**20:.0f} MiB"
    return counts


def _check_all(
    check: Check, folder: Path, originals: dict[str, bytes], wanted: list[Case], progress: Progress
) -> tuple[dict[str, int], int]:
    """(counts, most memory that the process had, bytes)"""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a file that takes too long kills the process
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # and so does one that grows without end
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_OUTPUT, LARGEST_OUTPUT))
    counts: dict[str, int] = {}
    for number, (name, seed) in enumerate(wanted):
        path = folder / f"broken.{CORPUS[name][0]}"
        path.write_bytes(mutate(originals[name], seed))
        progress(number / len(wanted), f"{name}, seed {seed}")
        signal.alarm(SECONDS_A_FILE)
        word = check(path, seed)
        signal.alarm(0)
        counts[word] = counts.get(word, 0) + 1
    return counts, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
