"""Resumable upload sessions: start, chunks, status after a cut, cancel.

The protocol is that of "Resumable uploads" in the Cloud Storage documentation. A session's state is its row in the
catalogue: it goes on after a restart of the server.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from deploy.local.storage.bodies import batches
from deploy.local.storage.errors import StorageError, invalid
from deploy.local.storage.files import Growing
from deploy.local.storage.model import Conditions, Object, Properties, Upload, whole_number
from deploy.local.storage.ranges import Chunk, chunk_of
from deploy.local.storage.resources import base_url, checksum_check, object_resource
from deploy.local.storage.store import Store

CHECKPOINT = 8 << 20
"""Bytes of one long request after which what came is synced and remembered."""


async def start(
    request: Request, bucket: str, name: str, properties: Properties, conditions: Conditions, path: str
) -> Response:
    """Opens a session, whose URL is `path` with its id."""
    announced = request.headers.get("x-upload-content-length")
    size = None if announced is None else whole_number(announced)
    if announced is not None and size is None:
        raise invalid(f"X-Upload-Content-Length must be a number of bytes, not {announced!r}.")
    store: Store = request.app.state.store
    upload = await asyncio.to_thread(
        store.begin_upload, bucket, name, properties, conditions, size, request.headers.get("origin"),
    )  # fmt: skip
    separator = "&" if "?" in path else "?"
    location = f"{base_url(request)}{path}{separator}upload_id={upload.id}"
    return Response(status_code=200, headers={"Location": location, "X-GUploader-UploadID": upload.id})


def session_of(request: Request, bucket: str) -> Upload:
    """The session that the request's URL names; 404 where it is unknown, cancelled or over."""
    store: Store = request.app.state.store
    upload = store.uploads.find(request.query_params.get("upload_id", ""))
    if upload is None or upload.bucket != bucket:
        raise StorageError(
            404, "notFound", "No such upload session: it was cancelled, or is older than a week."
        )
    return upload


async def put_chunk(request: Request, bucket: str) -> Response:
    """PUT to a session's URL: a chunk, or the question how much has arrived."""
    upload = session_of(request, bucket)
    chunk = _chunk(request, upload)
    store: Store = request.app.state.store
    growing = await asyncio.to_thread(store.growing, upload.id)
    if growing is None:
        return await _finished(request, store, upload.id)
    if chunk.has_body:
        turn = await asyncio.to_thread(growing.begin)
        try:
            await _receive(request, store, upload, growing, turn, chunk)
        finally:
            await asyncio.to_thread(growing.end, turn)
        complete = chunk.is_last
    else:
        await asyncio.to_thread(growing.sync, partial(store.uploads.checkpoint, upload.id))
        complete = chunk.total == growing.offset
    if complete:
        made = await asyncio.to_thread(store.finish_upload, upload, growing, checksum_check(request))
        return _made(request, made)
    return _incomplete(growing.offset)


def _chunk(request: Request, upload: Upload) -> Chunk:
    """What the request says of itself, held to the size that was announced when the session was opened."""
    chunk = chunk_of(request.headers.get("content-range"), request.headers.get("content-length"))
    if upload.size is None:
        return chunk
    if chunk.total not in (None, upload.size):
        raise invalid(f"The session was opened for {upload.size} bytes, not for {chunk.total}.")
    if chunk.end is not None and chunk.end > upload.size:
        raise invalid(f"The session was opened for {upload.size} bytes; the chunk goes past them.")
    return replace(chunk, total=upload.size)


async def _receive(
    request: Request, store: Store, upload: Upload, growing: Growing, turn: int, chunk: Chunk
) -> None:
    """Appends a chunk. What was sent before is skipped; where the client goes away, what came is kept."""
    if chunk.start > growing.offset:
        raise StorageError(
            503, "backendError",
            f"According to Content-Range the chunk starts at {chunk.start}, but only {growing.offset} bytes have "
            f"arrived: ask for the session's status with 'bytes */N', and go on from there.",
        )  # fmt: skip
    saved = partial(store.uploads.checkpoint, upload.id)
    end = chunk.total if chunk.end is None else chunk.end
    unsaved = 0
    try:
        async for data in batches(request.stream(), skip=growing.offset - chunk.start):
            if end is not None and growing.offset + len(data) > end:
                raise invalid("The body is longer than Content-Range, or the size announced, says.")
            await asyncio.to_thread(growing.write, turn, data)
            unsaved += len(data)
            if unsaved >= CHECKPOINT:
                await asyncio.to_thread(growing.sync, saved, turn)
                unsaved = 0
        if end is not None and growing.offset != end:
            raise invalid(f"The body ended at byte {growing.offset} of {end}.")
    except ClientDisconnect as error:
        raise StorageError(400, "uploadBrokenConnection", "The connection was cut.") from error
    finally:
        await asyncio.to_thread(growing.sync, saved, turn)


async def cancel(request: Request, bucket: str) -> Response:
    """DELETE of a session's URL: 499, as Google answers."""
    upload = session_of(request, bucket)
    store: Store = request.app.state.store
    await asyncio.to_thread(store.cancel_upload, upload)
    raise StorageError(499, "clientClosedRequest", "The upload was cancelled.")


def _incomplete(offset: int) -> Response:
    """308, with what has arrived; without `Range` where nothing has."""
    return Response(status_code=308, headers={"Range": f"bytes=0-{offset - 1}"} if offset else {})


async def _finished(request: Request, store: Store, upload_id: str) -> Response:
    """The answer to whoever did not hear that the upload was complete."""
    upload = await asyncio.to_thread(store.uploads.find, upload_id)
    made: Object | None = None
    if upload is not None:
        made = await asyncio.to_thread(store.objects.find, upload.bucket, upload.name)
    if upload is None or made is None or made.generation != upload.finished:
        raise StorageError(
            410, "notFound", "The upload was complete, and its object has been replaced or deleted."
        )
    return _made(request, made)


def _made(request: Request, made: Object) -> Response:
    return JSONResponse(object_resource(made, base_url(request)))
