"""A folder of one process's own, which does not outlive it for long: what a killed process left behind is taken away
when the next one starts."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path

_LOCK = ".lock"


class OwnFolder:
    """A new folder in `parent`, and a lock on it that ends with the process, however that ends. Folders beside it
    that nobody holds are removed: their processes were killed."""

    def __init__(self, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        guard = _locked(parent / _LOCK)  # nobody takes a folder away between its making and its lock
        try:
            for folder in parent.iterdir():
                if folder.is_dir() and _is_abandoned(folder):
                    shutil.rmtree(folder, ignore_errors=True)
            self.path = Path(tempfile.mkdtemp(dir=parent))
            lock = _locked(self.path / _LOCK)
        finally:
            os.close(guard)
        weakref.finalize(self, _leave, self.path, lock)


def _locked(file: Path, flags: int = 0) -> int:
    """A descriptor of `file` that holds its lock; children do not inherit it.

    Raises:
        BlockingIOError: another process holds it, and `flags` has `LOCK_NB`.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | flags)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _is_abandoned(folder: Path) -> bool:
    try:
        os.close(_locked(folder / _LOCK, fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _leave(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)
