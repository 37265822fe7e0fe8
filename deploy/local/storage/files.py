"""Files of `content/`: written once, with running checksums, and never changed after."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO

import google_crc32c

from deploy.local.storage.errors import StorageError
from deploy.local.storage.model import Content

PIECE = 1 << 20
"""Bytes that are read, hashed or written at a time."""


class Files:
    """A folder of files with names of our own making, so that object names never meet the file system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, file: str) -> Path:
        return self._folder / file

    def create(self) -> str:
        """A new empty file, whose directory entry is on disk."""
        file = uuid.uuid4().hex
        self.path(file).touch(exist_ok=False)
        _sync_folder(self._folder)
        return file

    def remove(self, file: str) -> None:
        self.path(file).unlink(missing_ok=True)

    def sweep(self, needed: Callable[[str], bool]) -> None:
        """Removes files that nobody needs: leftovers of a stop between file and row."""
        for path in list(self._folder.iterdir()):
            if not needed(path.name):
                path.unlink()


class Growing:
    """A file of `content/` that is being written, with the checksums of what it holds so far.

    Several requests may hold it at once, when a client has given up on a connection that we still think is open.
    Each `begin` is a new *turn*, and what an earlier one still sends is refused, so that no byte is written twice.

    The CRC-32C goes on from `crc32c` after a restart. Python cannot save the state of an MD5, so after a restart
    `finish` reads the file once more: linear in its size, about a second a GiB.
    """

    def __init__(self, path: Path, offset: int = 0, crc32c: int = 0) -> None:
        self._path = path
        self.offset = offset
        self._crc32c = crc32c
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._md5_offset = 0
        self._io: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._turn = 0

    def begin(self) -> int:
        """Opens the file at `offset`, dropping what an unfinished write left after it."""
        with self._lock:
            self._turn += 1
            self._open()
            return self._turn

    def write(self, turn: int, data: bytes | memoryview) -> None:
        with self._lock:
            if turn != self._turn:
                raise StorageError(503, "backendError", "Another request has continued this upload.")
            file = self._io or self._open()
            try:
                file.write(data)
            except OSError:
                self._close(discard=True)
                raise
            self._crc32c = google_crc32c.extend(self._crc32c, bytes(data))
            if self._md5_offset == self.offset:
                self._md5.update(data)
                self._md5_offset += len(data)
            self.offset += len(data)

    def sync(self, saved: Callable[[int, int], None], turn: int | None = None) -> None:
        """Brings what was written to disk, then calls `saved` with (offset, crc32c). Nothing for an old turn."""
        with self._lock:
            if turn in (None, self._turn) and self._io is not None:
                self._flush(self._io)
                saved(self.offset, self._crc32c)

    def end(self, turn: int) -> None:
        """Closes the file, unless another turn has begun."""
        with self._lock:
            if turn == self._turn:
                self._close()

    def stop(self, saved: Callable[[int, int], None]) -> None:
        """Ends every turn, and remembers what came so far, as `sync` does."""
        with self._lock:
            self._turn += 1
            if self._io is not None:
                self._flush(self._io)
                saved(self.offset, self._crc32c)
                self._close()

    def abort(self) -> None:
        """Ends every turn, and closes the file as it is."""
        with self._lock:
            self._turn += 1
            self._close(discard=True)

    def finish(self, file: str) -> Content:
        """Everything on disk, and the checksums of all of it. It ends every turn: the file is an object's now."""
        with self._lock:
            self._turn += 1
            self._flush(self._io or self._open())
            self._close()
            if self._md5_offset != self.offset:
                self._md5 = _md5_of(self._path)
                self._md5_offset = self.offset
            return Content(file, self.offset, crc32c_text(self._crc32c), _text(self._md5.digest()))

    def _open(self) -> IO[bytes]:
        self._close()
        self._io = self._path.open("r+b")
        self._io.truncate(self.offset)
        self._io.seek(self.offset)
        return self._io

    def _flush(self, file: IO[bytes]) -> None:
        file.flush()
        os.fsync(file.fileno())

    def _close(self, *, discard: bool = False) -> None:
        file, self._io = self._io, None
        if file is None:
            return
        try:
            file.close()
        except OSError:
            if not discard:
                raise


def crc32c_text(value: int) -> str:
    return _text(value.to_bytes(4, "big"))


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


def _md5_of(path: Path) -> hashlib._Hash:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
