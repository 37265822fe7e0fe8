"""The store: the catalogue and the files together, with nothing of HTTP."""

from __future__ import annotations

import fcntl
import os
import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from deploy.local.storage.catalogue import Buckets, Objects, Uploads
from deploy.local.storage.database import Database
from deploy.local.storage.errors import StorageError, no_object
from deploy.local.storage.files import PIECE, Files, Growing
from deploy.local.storage.model import Conditions, Content, Object, Properties, Upload

UPLOAD_LIFE_S = 7 * 24 * 3600
"""A resumable session lives a week, as Google's does."""


@dataclass(frozen=True, slots=True)
class Source:
    """An object to compose from, and what must hold of it."""

    name: str
    conditions: Conditions
    generation: int | None


class Store:
    """Everything under `folder`. Raises `RuntimeError` where another process has it open."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._held = _hold(folder / "lock")
        database = Database(folder / "catalogue.sqlite")
        self._database = database
        self.buckets = Buckets(database)
        self.objects = Objects(database)
        self.uploads = Uploads(database)
        self.files = Files(folder / "content")
        self._growing: dict[str, Growing] = {}
        self._lock = threading.Lock()
        self.uploads.drop_older(UPLOAD_LIFE_S)
        self.files.sweep(self.objects.needs)

    def close(self) -> None:
        """Keeps what running uploads have sent so far; their requests end in an error."""
        for upload_id, growing in list(self._growing.items()):
            growing.stop(partial(self.uploads.checkpoint, upload_id))
        self._database.close()
        os.close(self._held)

    # --- objects

    def open(
        self, bucket: str, name: str, conditions: Conditions, generation: int | None = None
    ) -> tuple[Object, BinaryIO]:
        """An object and its content, open for reading: it stays readable when it is replaced or deleted."""
        while True:
            found = self.look(bucket, name, conditions, generation)
            try:
                return found, self.files.path(found.content.file).open("rb")
            except FileNotFoundError:
                if self.objects.find(bucket, name) == found:
                    raise  # not replaced since: the content is lost, and that is an error of ours

    def look(self, bucket: str, name: str, conditions: Conditions, generation: int | None = None) -> Object:
        """An object's row, where the conditions of a read hold. Only the newest generation is kept."""
        found = self.objects.get(bucket, name)
        if generation is not None and generation != found.generation:
            raise no_object(bucket, f"{name}#{generation}")
        conditions.check(found, reading=True)
        return found

    def check(self, bucket: str, name: str, conditions: Conditions) -> None:
        """Refuses early what `put` would refuse after the whole content has been sent."""
        conditions.check(self.objects.find(bucket, name))

    def put(
        self,
        bucket: str,
        name: str,
        content: Content,
        properties: Properties,
        conditions: Conditions,
        upload: str | None = None,
    ) -> Object:
        """See `Objects.put`; the file is removed again where the object may not appear."""
        try:
            made, replaced = self.objects.put(bucket, name, content, properties, conditions, upload)
        except BaseException:
            self._remove_unneeded(content.file)
            raise
        if replaced is not None:
            self._remove_unneeded(replaced.content.file)
        return made

    def delete(self, bucket: str, name: str, conditions: Conditions) -> None:
        self._remove_unneeded(self.objects.delete(bucket, name, conditions).content.file)

    def copy(
        self, source: Object, bucket: str, name: str, properties: Properties, conditions: Conditions
    ) -> Object:
        """Both share one file, so that a copy costs the same for any size."""
        made, replaced = self.objects.copy(source, bucket, name, properties, conditions)
        if replaced is not None:
            self._remove_unneeded(replaced.content.file)
        return made

    def compose(
        self,
        bucket: str,
        sources: Sequence[Source],
        name: str,
        properties: Properties,
        conditions: Conditions,
    ) -> Object:
        """One object of several, in order. As in Google's, it has no MD5."""
        with ExitStack() as stack:
            found = [
                self.open(bucket, source.name, source.conditions, source.generation) for source in sources
            ]
            for _, content in found:
                stack.enter_context(content)
            file, growing = self.begin_file()
            try:
                turn = growing.begin()
                for _, content in found:
                    while piece := content.read(PIECE):
                        growing.write(turn, piece)
                whole = growing.finish(file)
            except BaseException:
                growing.abort()
                self.abandon(file)
                raise
        components = sum(source.content.components or 1 for source, _ in found)
        return self.put(bucket, name, replace(whole, md5=None, components=components), properties, conditions)

    # --- writing

    def begin_file(self) -> tuple[str, Growing]:
        """A file for an upload in one request; `abandon` it where the upload fails."""
        file = self.files.create()
        return file, Growing(self.files.path(file))

    def abandon(self, file: str) -> None:
        self._remove_unneeded(file)

    def begin_upload(
        self,
        bucket: str,
        name: str,
        properties: Properties,
        conditions: Conditions,
        size: int | None,
        origin: str | None,
    ) -> Upload:
        """A resumable session. Its id is the only key to it, so it is not to be guessed."""
        self.check(bucket, name, conditions)
        upload_id = uuid.uuid4().hex + uuid.uuid4().hex
        upload = Upload(upload_id, bucket, name, self.files.create(), properties, conditions, size, origin)
        self.uploads.add(upload)
        return upload

    def growing(self, upload_id: str) -> Growing | None:
        """The file of a session that is not finished, else None. It is kept while the process lives, so that its
        MD5 need not be computed again."""
        with self._lock:
            known = self._growing.get(upload_id)
            if known is None:
                upload = self.uploads.find(upload_id)
                if upload is None or upload.finished is not None:
                    return None
                known = Growing(self.files.path(upload.file), upload.offset, upload.crc32c)
                self._growing[upload_id] = known
            return known

    def finish_upload(self, upload: Upload, growing: Growing, check: Callable[[Content], None]) -> Object:
        """Turns a complete session into its object, once. `check` raises where the content is not what was
        announced; the session is then over."""
        content = growing.finish(upload.file)
        try:
            check(content)
            made = self.put(
                upload.bucket, upload.name, content, upload.properties, upload.conditions, upload.id
            )
        except StorageError:
            self.cancel_upload(upload)
            raise
        self._growing.pop(upload.id, None)
        return made

    def cancel_upload(self, upload: Upload) -> None:
        self.uploads.drop(upload.id)
        self._growing.pop(upload.id, None)
        self._remove_unneeded(upload.file)

    def _remove_unneeded(self, file: str) -> None:
        if not self.objects.needs(file):
            self.files.remove(file)


def _hold(path: Path) -> int:
    """Locks the folder for this process; the lock goes with the process, however it ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise RuntimeError(
            f"Another object store has {path.parent} open; stop it, or name another folder."
        ) from error
    return descriptor
