"""Damaged files by the hundred, through what a worker does with them, in a child process as a worker has it.

The files that are damaged are kept in `originals`, so that a case is the same bytes on every machine and in every
year. A failure names file and seed: `mutate(ORIGINALS[name].read_bytes(), seed)` is that file again. What broke
something is kept in `broken`, as it was.

`python -m tests.activities.media.fuzz_kit` encodes the originals anew: where a kind is added.
"""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from activities.media.probing.probe import Limits
from activities.ports import Progress
from activities.running.child import run_in_child
from tests.activities.media.mutations import mutate
from tests.media_corpus import make_short

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
_HERE = Path(__file__).parent
ORIGINALS = {path.stem: path for path in sorted((_HERE / "originals").iterdir())}
"""A second of each kind: a damaged file says as much as a long one."""
BROKEN = {path.stem: path for path in sorted((_HERE / "broken").iterdir())}
LIMITS = Limits(max_bytes=2**30, max_duration_ms=600_000)
SECONDS_A_FILE = 120
MEMORY_BYTES = 1_500 * 2**20
LARGEST_OUTPUT = 1 << 30
"""A second of video that becomes more would fill a worker's disk."""

Check = Callable[[Path, int], str]
"""(damaged file, seed) to a word for what became of it; a module's top-level function. It raises where the file broke
something."""
Case = tuple[str, int]


def cases(first_seed: int, count: int) -> list[Case]:
    return [(KINDS[seed % len(KINDS)], seed) for seed in range(first_seed, first_seed + count)]


def whole(data: bytes, _seed: int) -> bytes:
    """The damage of what is broken already."""
    return data


def run_cases(
    check: Check,
    folder: Path,
    files: Mapping[str, Path],
    wanted: Sequence[Case],
    damage: Callable[[bytes, int], bytes] = mutate,
) -> list[str]:
    """The word that `check` answered for each case; fails with the case that broke something."""
    now = "before the first file"

    def note(_share: float, case: str) -> None:
        nonlocal now
        now = case

    try:
        words, memory = asyncio.run(
            run_in_child(_check_all, check, folder, files, wanted, damage, on_progress=note)
        )
    except Exception as error:
        # -14 is the alarm of a file that took too long, -25 the limit on what is written
        pytest.fail(f"{now}: {error}")
    assert memory < MEMORY_BYTES, f"seeds {wanted[0][1]} to {wanted[-1][1]} took {memory / 2**20:.0f} MiB"
    return words


def _check_all(
    check: Check,
    folder: Path,
    files: Mapping[str, Path],
    wanted: Sequence[Case],
    damage: Callable[[bytes, int], bytes],
    progress: Progress,
) -> tuple[list[str], int]:
    """(words, most memory that the process had, bytes)"""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a file that takes too long kills the process
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # and so does one that grows without end
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_OUTPUT, LARGEST_OUTPUT))
    words = []
    for number, (name, seed) in enumerate(wanted):
        path = folder / f"damaged{files[name].suffix}"
        path.write_bytes(damage(files[name].read_bytes(), seed))
        progress(number / len(wanted), f"{name}, seed {seed}")
        signal.alarm(SECONDS_A_FILE)
        words.append(check(path, seed))
        signal.alarm(0)
    return words, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _make_originals() -> None:
    for name in KINDS:
        make_short(_HERE / "originals", name)


if __name__ == "__main__":
    _make_originals()
