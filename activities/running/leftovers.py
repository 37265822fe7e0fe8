"""A folder of one process. Leftovers of a killed process are removed when the next one starts."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path

_LOCK = ".lock"
_UNLOCKED = ".unlocked"


class OwnFolder:
    """A new folder in `parent`, and a lock on it that ends with the process, however that ends. Folders beside it
    whose lock nobody holds are removed: their processes were killed.

    `prefix` begins the names of such folders where `parent` holds others too.
    """

    def __init__(self, parent: Path, prefix: str = "") -> None:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in parent.glob(f"{prefix}*"):
            if _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        self.leave = weakref.finalize(self, _leave, self.path, _own_lock(self.path))


def _own_lock(folder: Path) -> int | None:
    """Held before it has its name: to others a folder is new until then, and not abandoned. None where the file system
    knows no locks: nobody takes the folder away then."""
    unlocked = folder / _UNLOCKED
    with contextlib.suppress(OSError):
        lock = _locked(unlocked, os.O_CREAT)
        unlocked.rename(folder / _LOCK)
        return lock
    return None


def _locked(file: Path, flags: int = 0) -> int:
    """A descriptor of `file` that holds its lock; children do not inherit it.

    Raises:
        OSError: there is no such file, or another process holds it.
    """
    descriptor = os.open(file, os.O_RDWR | flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _is_abandoned(folder: Path) -> bool:
    try:
        os.close(_locked(folder / _LOCK))
    except OSError:
        return False
    return True


def _leave(folder: Path, lock: int | None) -> None:
    if lock is not None:
        os.close(lock)  # first: some file systems keep a name of what is removed while it is open
    shutil.rmtree(folder, ignore_errors=True)
