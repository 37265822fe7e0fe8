"""Broken media: each file is refused with a sentence or read, within limits of time and memory, and nothing dies.

Everything runs in a child process. A failure names file and seed: `mutate(corpus[name].read_bytes(), seed)`.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from activities.media.probe import Limits, probe, with_findings
from activities.media.scenes import find_scenes
from activities.media.speech_audio import extract_speech
from schema.errors import MediaRefused
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
SECONDS_A_FILE = 60
MEMORY_BYTES = 1_500 * 2**20
_LIMITS = Limits(max_bytes=2**30, max_duration_ms=600_000)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A second of each kind: a damaged file says as much as a long one."""
    folder = tmp_path_factory.mktemp("originals")
    made = {}
    for name in KINDS:
        extension, spec = CORPUS[name]
        chapters = ((0.0, 0.5, "One"), (0.5, 0.9, "Two")) if spec.chapters else ()
        path = folder / f"{name}.{extension}"
        made[name] = make_video(path, replace(spec, seconds=0.9, chapters=chapters)).read_bytes()
    return made


def read_everything(path: Path) -> str:
    """All that the probe step does with a file."""
    try:
        report = probe(path, _LIMITS)
        picture = find_scenes(path, report)
        sound = extract_speech(path, report, path.with_suffix(".flac")) if report.audio else None
        with_findings(report, picture, sound).model_dump_json()
    except MediaRefused as refusal:
        assert refusal.message.endswith((".", "!")) and len(refusal.message) > 20
        return "refused"
    return "read"


def _work(pipe: Connection, folder: Path, originals: dict[str, bytes], cases: list[tuple[str, int]]) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a file that takes too long kills the process, by name
    for name, seed in cases:
        path = folder / f"broken.{CORPUS[name][0]}"
        path.write_bytes(mutate(originals[name], seed))
        pipe.send(("begin", (name, seed)))
        signal.alarm(SECONDS_A_FILE)
        try:
            pipe.send(("end", read_everything(path)))
        except BaseException as error:
            pipe.send(("failed", f"{type(error).__name__}: {error}"))
        signal.alarm(0)
    pipe.send(("memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


def run_cases(folder: Path, originals: dict[str, bytes], cases: list[tuple[str, int]]) -> dict[str, int]:
    """Counts of outcomes; fails with the case that broke something."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(theirs, folder, originals, cases))
    child.start()
    theirs.close()
    counts: dict[str, int] = {}
    now: object = None
    try:
        while True:
            what, value = ours.recv()
            if what == "begin":
                now = value
            elif what == "end":
                counts[value] = counts.get(value, 0) + 1
            elif what == "failed":
                pytest.fail(f"{now}: {value}")
            else:
                assert value < MEMORY_BYTES, f"{value / 2**20:.0f} MiB"
                return counts
    except EOFError:
        child.join(10)
        pytest.fail(f"{now}: the process died with {child.exitcode} ({-signal.SIGALRM}: it took too long)")
    finally:
        child.kill()
        child.join()


def cases(first_seed: int, count: int) -> list[tuple[str, int]]:
    return [(KINDS[seed % len(KINDS)], seed) for seed in range(first_seed, first_seed + count)]


def test_undamaged_files_are_read(tmp_path: Path, originals: dict[str, bytes]) -> None:
    for name, data in originals.items():
        path = tmp_path / f"whole.{CORPUS[name][0]}"
        path.write_bytes(data)
        assert read_everything(path) == "read", name


def test_a_few_hundred_broken_files(tmp_path: Path, originals: dict[str, bytes]) -> None:
    counts = run_cases(tmp_path, originals, cases(0, 300))
    assert sum(counts.values()) == 300
    assert (
        counts["refused"] > 60 and counts["read"] > 60
    )  # the damage is neither fatal nor harmless throughout


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
def test_ten_thousand_broken_files(tmp_path: Path, originals: dict[str, bytes]) -> None:
    for first in range(1_000, 11_000, 500):
        counts = run_cases(tmp_path, originals, cases(first, 500))
        assert sum(counts.values()) == 500
