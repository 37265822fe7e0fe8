"""Sending an object's content: whole or a range, straight from its file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from email.utils import format_datetime
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from deploy.local.storage.files import PIECE
from deploy.local.storage.model import Conditions, Object
from deploy.local.storage.ranges import requested_range
from deploy.local.storage.resources import generation_of, header_value, object_headers
from deploy.local.storage.store import Store


async def send_object(request: Request, bucket: str, name: str) -> Response:
    """Answers GET and HEAD of an object's content."""
    store: Store = request.app.state.store
    conditions, wanted = Conditions.of(request.query_params), generation_of(request.query_params)
    if request.method == "HEAD":
        found = await asyncio.to_thread(store.look, bucket, name, conditions, wanted)
        return Response(headers=_headers(request, found) | {"Content-Length": str(found.content.size)})
    found, file = await asyncio.to_thread(store.open, bucket, name, conditions, wanted)
    size = found.content.size
    headers = _headers(request, found)
    try:
        part = requested_range(_usable_range(request, headers), size)
    except BaseException:
        file.close()
        raise
    start, end = part or (0, size)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    return _FileResponse(file, start, end, 206 if part else 200, headers)


def _usable_range(request: Request, headers: dict[str, str]) -> str | None:
    """`Range`, unless `If-Range` says that it was meant for another version of the object."""
    condition = request.headers.get("if-range")
    if condition is not None and condition not in (headers["ETag"], headers["Last-Modified"]):
        return None
    return request.headers.get("range")


def _headers(request: Request, found: Object) -> dict[str, str]:
    headers = object_headers(found) | {
        "Accept-Ranges": "bytes",
        "Last-Modified": format_datetime(datetime.fromisoformat(found.updated), usegmt=True),
    }
    for name, parameter in (
        ("Content-Type", "response-content-type"),
        ("Content-Disposition", "response-content-disposition"),
    ):
        if parameter in request.query_params:
            headers[name] = header_value(request.query_params[parameter])
    return headers


class _FileResponse(StreamingResponse):
    """Bytes `start` to `end` of an open file, which it closes."""

    def __init__(self, file: BinaryIO, start: int, end: int, status: int, headers: dict[str, str]) -> None:
        super().__init__(_pieces(file, start, end), status, headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


async def _pieces(file: BinaryIO, start: int, end: int) -> AsyncIterator[bytes]:
    file.seek(start)
    left = end - start
    while left and (piece := await asyncio.to_thread(file.read, min(PIECE, left))):
        left -= len(piece)
        yield piece
