"""Sending an object to a resumable session while it is being made.

The client library's own writer is not used, because it completes the object when it is collected as garbage after
an error: half a video would appear. Here an object is completed by `finish` and by nothing else, and a cut or a
restart of the store is bridged by asking the session how much has arrived ("Resumable uploads" in the Cloud
Storage documentation).
"""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable
from typing import Any

import google_crc32c
import requests

from activities.storage.errors import of_response
from schema.errors import Unavailable

CHUNK = 8 << 20
"""Bytes sent in one request, and held in memory: a multiple of 256 KiB."""

_TIMEOUT_S = (5.0, 60.0)
"""To connect, and for an answer."""

_RETRIED = (408, 429, 500, 502, 503, 504)
_OVER = (404, 410)


class ResumableFile(io.RawIOBase):
    """A file that can be written and told. `finish` completes the object; without it, none appears.

    `advance` is called with the bytes that have arrived, after each chunk; what it raises stops the upload.
    `patience_s` is how long the store may make no progress before `Unavailable` is raised; it also tells that the
    session is over, and that the upload must start again. `Conflict` (a precondition failed at the end) and
    `Misconfigured` come at once. After an error every further call raises the same.
    """

    def __init__(
        self,
        url: str,
        bucket: str,
        name: str,
        *,
        size: int | None,
        patience_s: float,
        advance: Callable[[int], None],
    ) -> None:
        self._url = url
        self._bucket = bucket
        self._name = name
        self._size = size
        self._patience_s = patience_s
        self._advance = advance
        self._http = requests.Session()
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._sent = 0
        self._crc32c = 0
        self._failure: Exception | None = None

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._sent + self._held_bytes

    def write(self, data: Any) -> int:
        """Takes all of a bytes-like object. Sends a chunk when there is more than one, so that a last one is left for
        `finish`."""
        if self._failure is not None:
            raise self._failure
        piece = memoryview(data).cast("B")
        size = len(piece)
        while piece:
            if self._held_bytes == CHUNK:
                self._send(self._taken(), last=False)
            part = bytes(piece[: CHUNK - self._held_bytes])
            self._held.append(part)
            self._held_bytes += len(part)
            piece = piece[len(part) :]
        return size

    def _taken(self) -> bytes:
        """What is held, which is not any longer."""
        held = b"".join(self._held)
        self._held.clear()
        self._held_bytes = 0
        return held

    def finish(self) -> dict[str, Any]:
        """Sends the rest, and answers the object's resource, once its CRC-32C is what was sent."""
        resource = self._send(self._taken(), last=True)
        self._http.close()
        assert resource is not None
        return resource

    def cancel(self) -> None:
        """Tells the store to forget the session; it would by itself after a week."""
        try:
            self._http.delete(self._url, timeout=_TIMEOUT_S)
        except requests.RequestException:
            return
        finally:
            self._http.close()

    def _send(self, chunk: bytes, *, last: bool) -> dict[str, Any] | None:
        if self._failure is not None:
            raise self._failure
        try:
            self._crc32c = google_crc32c.extend(self._crc32c, chunk)
            resource = self._deliver(chunk, last=last)
            self._advance(self._sent)
            return resource
        except Exception as error:
            self._failure = error
            raise

    def _deliver(self, chunk: bytes, *, last: bool) -> dict[str, Any] | None:
        """Sends a chunk until all of it has arrived, going on from wherever the store says that it is."""
        first, end = self._sent, self._sent + len(chunk)
        total = str(end) if last else "*" if self._size is None else str(self._size)
        response = self._put(chunk, first, total, last=last)
        patience = _Patience(self._patience_s)
        while True:
            if response is not None and response.status_code in (200, 201):
                self._sent = end
                return self._checked(response)
            if response is not None and response.status_code == 308:
                arrived = _arrived(response)
                if not first <= arrived <= end:
                    raise Unavailable(
                        f"The session of {self._name} lost what it had; the upload must start again."
                    )
                if arrived == end and not last:
                    self._sent = end
                    return None
                if arrived > self._sent:
                    self._sent = arrived
                    patience.renew()
                else:
                    patience.wait(self._name)
                response = self._put(chunk[arrived - first :], arrived, total, last=last)
            elif response is not None and response.status_code in _OVER:
                raise Unavailable(f"The session of {self._name} is over; the upload must start again.")
            elif response is not None and response.status_code not in _RETRIED:
                raise of_response(self._bucket, self._name, response)
            else:
                patience.wait(self._name)
                response = self._put(b"", None, total, last=False)

    def _put(self, data: bytes, start: int | None, total: str, *, last: bool) -> requests.Response | None:
        """A chunk, or without `start` the question what has arrived. None where nobody answered."""
        span = f"{start}-{start + len(data) - 1}" if start is not None and data else "*"
        headers = {"Content-Range": f"bytes {span}/{total}"}
        if last:
            headers["X-Goog-Hash"] = f"crc32c={self._checksum()}"
        try:
            return self._http.put(self._url, data=data, headers=headers, timeout=_TIMEOUT_S)
        except requests.RequestException:
            return None

    def _checked(self, response: requests.Response) -> dict[str, Any]:
        resource: dict[str, Any] = response.json()
        if resource.get("crc32c") != self._checksum():
            raise Unavailable(
                f"gs://{self._bucket}/{self._name} arrived damaged; the upload must start again."
            )
        return resource

    def _checksum(self) -> str:
        return base64.b64encode(self._crc32c.to_bytes(4, "big")).decode("ascii")


class _Patience:
    """Pauses that double from a tenth of a second to two, until no progress was made for `limit_s`."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self.renew()

    def renew(self) -> None:
        self._until = time.monotonic() + self._limit_s
        self._pause_s = 0.1

    def wait(self, name: str) -> None:
        if time.monotonic() + self._pause_s > self._until:
            raise Unavailable(f"The object store took nothing of {name} for {self._limit_s:g} s.")
        time.sleep(self._pause_s)
        self._pause_s = min(2.0, self._pause_s * 2)


def _arrived(response: requests.Response) -> int:
    """From `Range: bytes=0-N`; nothing has arrived where it is missing."""
    header = response.headers.get("Range", "")
    return int(header.rpartition("-")[2]) + 1 if header else 0
