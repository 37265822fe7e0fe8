"""Request bodies, from the socket to a file without ever being in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from email.message import Message

from python_multipart.multipart import MultipartParser
from starlette.requests import ClientDisconnect, Request

from deploy.local.storage.errors import StorageError, invalid
from deploy.local.storage.files import PIECE
from deploy.local.storage.model import Content, Properties
from deploy.local.storage.ranges import CHUNK_QUANTUM
from deploy.local.storage.resources import MAX_BODY, parse_json
from deploy.local.storage.store import Store


async def batches(body: AsyncIterator[bytes], skip: int = 0) -> AsyncIterator[bytes]:
    """The body in pieces of about `PIECE` bytes, each but the last a multiple of the chunk quantum, without its
    first `skip` bytes. Where the client goes away, whole quanta of what arrived come before `ClientDisconnect`."""
    held: list[bytes] = []
    size = 0
    gone: ClientDisconnect | None = None
    try:
        async for data in body:
            piece = data[skip:]
            skip -= len(data) - len(piece)
            held.append(piece)
            size += len(piece)
            if size >= PIECE:
                joined = b"".join(held)
                cut = size - size % CHUNK_QUANTUM
                yield joined[:cut]
                held, size = [joined[cut:]], size - cut
    except ClientDisconnect as error:
        gone = error
        size -= size % CHUNK_QUANTUM
    if size:
        yield b"".join(held)[:size]
    if gone is not None:
        raise gone


async def store_body(store: Store, body: AsyncIterator[bytes], check: Callable[[Content], None]) -> Content:
    """Writes a body to a new file, which `check` may still refuse. On any failure, the client's going away
    included, nothing is left."""
    file, growing = await asyncio.to_thread(store.begin_file)
    try:
        turn = await asyncio.to_thread(growing.begin)
        async for data in batches(body):
            await asyncio.to_thread(growing.write, turn, data)
        content = await asyncio.to_thread(growing.finish, file)
        check(content)
        return content
    except BaseException:
        growing.abort()
        store.abandon(file)
        raise


class RelatedBody:
    """A `multipart/related` body of an upload: first the resource as JSON, then the content.

    `resource` is there when the first piece of `content()` is, or when it has ended.
    """

    def __init__(self, request: Request) -> None:
        self.resource: Properties = {}
        self.content_type: str | None = None
        self._request = request
        self._part = 0
        self._name = self._value = b""
        self._json = bytearray()
        self._out: list[bytes] = []
        self._ended = False
        boundary = _boundary(request.headers.get("content-type", ""))
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_part_data": self._on_data,
                "on_end": self._on_end,
            },
        )

    async def content(self) -> AsyncIterator[bytes]:
        async for data in self._request.stream():
            try:
                self._parser.write(data)
            except ValueError as error:
                raise invalid(f"The multipart body cannot be read: {error}") from error
            out, self._out = self._out, []
            for piece in out:
                yield piece
        if not self._ended or self._part != 2:
            raise invalid(
                "The multipart body must hold two parts, JSON and content, and its closing boundary."
            )

    def _on_part(self) -> None:
        self._part += 1
        if self._part == 2:
            self.resource = parse_json(bytes(self._json))

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._part == 2 and self._name.lower() == b"content-type":
            self.content_type = self._value.decode("latin-1")
        self._name = self._value = b""

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._part == 2:
            self._out.append(data[start:end])
            return
        self._json += data[start:end]
        if len(self._json) > MAX_BODY:
            raise StorageError(413, "invalid", f"The resource is longer than {MAX_BODY} bytes.")

    def _on_end(self) -> None:
        self._ended = True


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_param("boundary")
    if not content_type.lower().startswith("multipart/") or not isinstance(boundary, str):
        raise invalid("uploadType=multipart needs a Content-Type of multipart/related with a boundary.")
    return boundary.encode("latin-1")
