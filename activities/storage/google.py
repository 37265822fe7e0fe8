"""The object store, through `google-cloud-storage`: Google's in production, the local one on a laptop.

The client is synchronous, so that every call runs in a thread. Its retries are bounded by `retry_s`, enough for a
restart of the local store; what lasts longer is Temporal's to retry.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from google.api_core.exceptions import GoogleAPICallError

from activities.storage.bucket import Bucket
from activities.storage.resumable import CHUNK
from activities.storage.transfer import Transfer, run
from schema.errors import Invalid, PlatformError
from schema.object_store import ObjectInfo, ObjectStore, Progress

_DELETES_AT_ONCE = 4

_log = logging.getLogger(__name__)


class GoogleStorage(ObjectStore):
    """One bucket. With `endpoint` (the local store's address) requests carry no credentials; without it they carry
    the application's default ones, and `Misconfigured` says that there are none. URLs are signed with the service
    account's key in the file `signing_key`, else with the default credentials, by IAM where they hold no key."""

    def __init__(
        self,
        bucket: str,
        *,
        endpoint: str | None = None,
        signing_key: Path | None = None,
        retry_s: float = 15.0,
    ) -> None:
        self._bucket = Bucket(bucket, endpoint, signing_key, retry_s)

    @property
    def bucket(self) -> str:
        return self._bucket.name

    def close(self) -> None:
        """Closes the connections."""
        self._bucket.close()

    async def stat(self, name: str) -> ObjectInfo | None:
        return await asyncio.to_thread(self._bucket.stat, name)

    async def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        return await asyncio.to_thread(self._bucket.read, name, start, end)

    async def stream(self, name: str) -> AsyncIterator[bytes]:
        pieces = self._bucket.pieces(await asyncio.to_thread(self._bucket.existing, name))
        loop = asyncio.get_running_loop()
        reader = ThreadPoolExecutor(1)  # the heap of each of many threads would keep the room of some chunks
        try:
            while (piece := await loop.run_in_executor(reader, next, pieces, None)) is not None:
                yield piece
        finally:
            reader.shutdown(wait=False)

    async def download(self, name: str, path: Path, progress: Progress | None = None) -> ObjectInfo:
        info = await asyncio.to_thread(self._bucket.existing, name)
        draft = path.with_name(path.name + ".part")

        def fetch(transfer: Transfer) -> None:
            try:
                with draft.open("wb") as file:
                    for piece in self._bucket.pieces(info):
                        file.write(piece)
                        transfer.advance(file.tell())
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)

        await run(fetch, progress, info.size)
        return info

    async def write(
        self,
        name: str,
        data: bytes,
        content_type: str,
        *,
        if_absent: bool = False,
        metadata: Mapping[str, str] | None = None,
    ) -> ObjectInfo:
        return await asyncio.to_thread(self._bucket.write, name, data, content_type, if_absent, metadata)

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
        def produce(target: BinaryIO) -> None:
            with path.open("rb") as file:
                while piece := file.read(CHUNK):
                    target.write(piece)

        size = (await asyncio.to_thread(path.stat)).st_size

        def send(transfer: Transfer) -> ObjectInfo:
            url = self._bucket.start_resumable(name, content_type, size, metadata, if_absent=if_absent)
            return self._bucket.upload(name, url, produce, size, transfer.advance)

        return await run(send, progress, size)

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
        def send(transfer: Transfer) -> ObjectInfo:
            url = self._bucket.start_resumable(name, content_type, None, metadata, if_absent=if_absent)
            return self._bucket.upload(name, url, produce, None, transfer.advance)

        return await run(send, progress, None)

    async def list_prefix(self, prefix: str) -> list[ObjectInfo]:
        return await asyncio.to_thread(self._bucket.list_prefix, prefix)

    async def copy(self, source: str, target: str, *, if_absent: bool = False) -> ObjectInfo:
        return await asyncio.to_thread(self._bucket.copy, source, target, if_absent)

    async def delete(self, name: str, *, missing_ok: bool = True) -> None:
        await asyncio.to_thread(self._bucket.delete, name, missing_ok)

    async def delete_prefix(self, prefix: str) -> int:
        if not prefix:
            raise Invalid("An empty prefix would delete the whole bucket.")
        found = await self.list_prefix(prefix)
        at_once = asyncio.Semaphore(_DELETES_AT_ONCE)

        async def remove(info: ObjectInfo) -> None:
            async with at_once:
                await self.delete(info.name)

        await asyncio.gather(*(remove(info) for info in found))
        return len(found)

    async def signed_get(
        self, name: str, expires_s: int, *, filename: str | None = None, content_type: str | None = None
    ) -> str:
        return await asyncio.to_thread(self._bucket.signed_get, name, expires_s, filename, content_type)

    async def start_resumable(
        self,
        name: str,
        content_type: str,
        size: int,
        origin: str | None,
        *,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        return await asyncio.to_thread(
            self._bucket.start_resumable, name, content_type, size, metadata, origin=origin, if_absent=True
        )

    async def healthy(self) -> bool:
        try:
            await asyncio.to_thread(self._bucket.probe)
        except (PlatformError, GoogleAPICallError) as error:  # the second: a 400, which is nobody's to retry
            _log.warning("The bucket cannot be used: %s", error)
            return False
        return True
