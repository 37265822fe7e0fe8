"""Test media are byte for byte the same in every run: a recorded value then stays, and a failure comes again."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.media_corpus import EVERY_KIND, make_short


def test_two_processes_make_the_same_bytes(tmp_path: Path) -> None:
    """Whatever was in their memory before."""
    runs = [_make_all(tmp_path / name, filled) for name, filled in (("one", "0"), ("other", "165"))]
    one, other = (_sums_of(*run) for run in runs)
    assert one.keys() == EVERY_KIND.keys()
    assert one == other


def _make_all(folder: Path, filled: str) -> tuple[Path, subprocess.Popen[bytes]]:
    folder.mkdir()
    argv = [sys.executable, "-m", "tests.test_media_factory", folder]
    return folder, subprocess.Popen(argv, env=os.environ | {"MALLOC_PERTURB_": filled})


def _sums_of(folder: Path, process: subprocess.Popen[bytes]) -> dict[str, str]:
    assert process.wait() == 0
    return {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


if __name__ == "__main__":
    for kind in EVERY_KIND:
        make_short(Path(sys.argv[1]), kind)
