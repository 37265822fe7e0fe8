"""The port through which the API and the activities reach the bucket.

An *object name* is relative to the bucket and has no leading slash, such as `jobs/4f…/source.mp4`. The platform
stores names; `gs://` URIs appear only where people or other systems read them.

One adapter stands behind it, `activities.storage.GoogleStorage`, both in production and against the local object
store (`deploy.local.storage`). Every method may raise `Unavailable` (try again later is safe) and `Misconfigured`
(the bucket is missing, or refuses our credentials); other errors are named by the method.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from pydantic import BaseModel, ConfigDict, Field

from schema.errors import Invalid

Progress = Callable[[int, int | None], None]
"""Called on the event loop with (bytes done, bytes in all, or None where that is not known), at most once a
piece of some MiB. What it raises is logged by the loop and does not stop the transfer."""

MAX_SIGNED_S = 7 * 24 * 3600
"""A V4 signature lives at most seven days."""


class ObjectInfo(BaseModel):
    """One object as it was when it was looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    size: int = Field(ge=0)
    """Bytes."""
    content_type: str
    crc32c: str
    """Base64 of the big-endian CRC-32C (RFC 9260, appendix A) of the content."""
    md5: str | None
    """Base64 of the MD5 of the content; an object composed of others has none."""
    generation: int
    """Changes, and grows, whenever the content is replaced."""
    metadata: Mapping[str, str] = Field(default_factory=dict)
    updated: datetime


class ObjectStore(Protocol):
    """Objects in one bucket. An object appears whole or not at all; whoever reads it while it is replaced gets
    the old one or an error, never a mixture."""

    @property
    def bucket(self) -> str: ...

    def uri(self, name: str) -> str:
        """`gs://bucket/name`."""
        return f"gs://{self.bucket}/{name}"

    def name_of(self, uri: str) -> str:
        """The name in a `gs://` URI of this bucket. `Invalid` where it is another bucket's, or no such URI."""
        scheme, separator, rest = uri.partition("://")
        bucket, slash, name = rest.partition("/")
        nameless = name in ("", ".", "..")  # which no object is called
        if scheme != "gs" or not separator or not slash or nameless:
            raise Invalid(f"{uri!r} is not of the form gs://{self.bucket}/name.")
        if bucket != self.bucket:
            raise Invalid(f"{uri!r} is not in this platform's bucket, gs://{self.bucket}.")
        return name

    async def stat(self, name: str) -> ObjectInfo | None:
        """What is stored under the name, or None."""
        ...

    async def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Bytes `start` up to but not including `end`, in memory: for small objects and small ranges. A range
        past the end is cut to what is there. `NotFound`."""
        ...

    def stream(self, name: str) -> AsyncIterator[bytes]:
        """The whole object in pieces of some MiB, checked against its CRC-32C at the end. `NotFound`; an object
        that is replaced or damaged on the way ends in `Unavailable`."""
        ...

    async def download(self, name: str, path: Path, progress: Progress | None = None) -> ObjectInfo:
        """Writes the object to `path`, which appears only when it is complete and its CRC-32C is right. Errors as
        `stream`."""
        ...

    async def write(
        self,
        name: str,
        data: bytes,
        content_type: str,
        *,
        if_absent: bool = False,
        metadata: Mapping[str, str] | None = None,
    ) -> ObjectInfo:
        """Stores `data`, in one request: for small objects. With `if_absent`, `Conflict` where the name is taken;
        of several writers at once, one succeeds."""
        ...

    async def upload(
        self,
        name: str,
        path: Path,
        content_type: str,
        *,
        if_absent: bool = False,
        metadata: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> ObjectInfo:
        """Stores a file, in chunks of a resumable session that outlive a cut and a restart of the store. A caller
        that dies on the way leaves no object, and may simply call again. `if_absent` as for `write`."""
        ...

    async def upload_stream(
        self,
        name: str,
        produce: Callable[[BinaryIO], object],
        content_type: str,
        *,
        if_absent: bool = False,
        metadata: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> ObjectInfo:
        """Stores what `produce` writes into the file it is given, while it writes: nothing is kept on disk, and at
        most one chunk in memory. It runs in a thread; the file can be written and told, not sought. The object
        appears after `produce` has returned; where it raises, none does, and its error passes through."""
        ...

    async def list_prefix(self, prefix: str) -> list[ObjectInfo]:
        """Every object whose name begins with `prefix`, by name."""
        ...

    async def copy(self, source: str, target: str, *, if_absent: bool = False) -> ObjectInfo:
        """Copies within the bucket, with content type and metadata, without moving bytes through this process.
        `NotFound` for the source; `if_absent` as for `write`."""
        ...

    async def delete(self, name: str, *, missing_ok: bool = True) -> None:
        """`NotFound` where there is none and `missing_ok` is false."""
        ...

    async def delete_prefix(self, prefix: str) -> int:
        """Deletes every object whose name begins with `prefix`, and says how many. `Invalid` for an empty prefix:
        that is the whole bucket."""
        ...

    async def signed_get(
        self,
        name: str,
        expires_s: int,
        *,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> str:
        """A URL with which anyone may GET the object for `expires_s` seconds (at most `MAX_SIGNED_S`), ranges
        included. With `filename` a browser saves it under that name, else it shows it. The object is not looked
        at: the URL of a missing one answers 404."""
        ...

    async def start_resumable(
        self,
        name: str,
        content_type: str,
        size: int,
        origin: str | None,
        *,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """The URL of a resumable session for exactly `size` bytes, to which a browser at `origin` PUTs chunks (a
        multiple of 256 KiB each but the last) and asks `Content-Range: bytes */size` after a cut. It needs no
        other permission, and lives for a week. It replaces nothing: where there is an object of this name when it
        ends, it is refused (412)."""
        ...

    async def healthy(self) -> bool:
        """Whether the bucket can be reached with our credentials, within some seconds. Never raises; the reason is
        logged."""
        ...
