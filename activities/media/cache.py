"""A cache that renders of all jobs share, keyed by the hash of the inputs: encoded ranges, levels, whole files.

An entry is written beside its place and moved there, so that a kill leaves no half of one, and two renders that make
the same one do not harm each other. The folder is bounded: the entries used longest ago go first.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DEFAULT_LIMIT = 20 << 30
_MAKING = "making-"
_LONGEST_MAKING_S = 6 * 3600
"""A file that has not been written to for this long was left by a killed process."""


class RangeCache:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, kind: str, key: str) -> Path:
        return self.folder / kind / key[:2] / key

    def find(self, kind: str, key: str) -> Path | None:
        """The entry, marked as used now."""
        path = self.path(kind, key)
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    @contextlib.contextmanager
    def writing(self, kind: str, key: str) -> Iterator[Path]:
        """A path to write to, which becomes the entry when the block ends well and is removed when it does not."""
        final = self.path(kind, key)
        final.parent.mkdir(parents=True, exist_ok=True)
        with new_file(final.parent, _MAKING) as temporary:
            yield temporary
            temporary.replace(final)

    def value(self, kind: str, key: str, make: Callable[[], Any]) -> Any:
        """A small JSON value, computed if it is not cached."""
        found = self.find(kind, key)
        if found is not None:
            with contextlib.suppress(ValueError):
                return json.loads(found.read_text())
        made = make()
        with self.writing(kind, key) as path:
            path.write_text(json.dumps(made))
        return made

    def trim(self, limit: int = DEFAULT_LIMIT) -> int:
        """Remove what a killed process left half made, and the entries used longest ago until `limit` bytes hold the
        rest; answers the bytes removed of these."""
        entries = []
        abandoned = time.time_ns() - _LONGEST_MAKING_S * 1_000_000_000
        for path in self.folder.glob("*/*/*"):
            with contextlib.suppress(OSError):
                stat = path.stat()
                if path.name.startswith(_MAKING) and stat.st_mtime_ns < abandoned:
                    path.unlink()
                else:
                    entries.append((stat.st_mtime_ns, stat.st_size, path))
        over, removed = sum(size for _, size, _ in entries) - limit, 0
        for _, size, path in sorted(entries):
            if removed >= over:
                break
            path.unlink(missing_ok=True)
            removed += size
        return removed


@contextlib.contextmanager
def new_file(folder: Path, prefix: str) -> Iterator[Path]:
    """A temporary file of this process, removed unless it was moved away by the end of the block. Its name is
    registered before it is created, so that a process that is told to end in between leaves nothing."""
    path = folder / f"{prefix}{secrets.token_hex(8)}"
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield path
    finally:
        path.unlink(missing_ok=True)


def digest(*parts: Any) -> str:
    """A key: sha256 of the parts as canonical JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
