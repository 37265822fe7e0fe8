"""Signed URLs, `/bucket/object`: GET and HEAD, PUT of a whole object, and POST that opens a resumable session."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from deploy.local.storage import sessions
from deploy.local.storage.bodies import store_body
from deploy.local.storage.downloads import send_object
from deploy.local.storage.errors import invalid
from deploy.local.storage.model import Conditions, Properties
from deploy.local.storage.objects import object_name, param
from deploy.local.storage.resources import DEFAULT_TYPE, checksum_check, object_headers
from deploy.local.storage.signing import SigningKey
from deploy.local.storage.store import Store

_METADATA = "x-goog-meta-"


async def serve_signed(request: Request) -> Response:
    """Every method of `/bucket/object`. A session's URL needs no signature: its id is the key."""
    bucket, name = param(request, "bucket"), object_name(param(request, "object"))
    if "upload_id" in request.query_params:
        if request.method == "PUT":
            return await sessions.put_chunk(request, bucket)
        if request.method == "DELETE":
            return await sessions.cancel(request, bucket)
    key: SigningKey = request.app.state.key
    key.verify(request)
    if request.method in ("GET", "HEAD"):
        return await send_object(request, bucket, name)
    properties, conditions = _properties(request), _conditions(request)
    if request.method == "PUT":
        store: Store = request.app.state.store
        await asyncio.to_thread(store.check, bucket, name, conditions)
        content = await store_body(store, request.stream(), checksum_check(request))
        made = await asyncio.to_thread(store.put, bucket, name, content, properties, conditions)
        headers = object_headers(made)
        return Response(headers={key: headers[key] for key in ("ETag", "X-Goog-Hash", "X-Goog-Generation")})
    if request.method == "POST" and request.headers.get("x-goog-resumable") == "start":
        opened = await sessions.start(request, bucket, name, properties, conditions, request.scope["path"])
        opened.status_code = 201
        return opened
    raise invalid("A signed URL takes GET, HEAD, PUT, or POST with 'x-goog-resumable: start'.")


def _properties(request: Request) -> Properties:
    metadata = {
        key.removeprefix(_METADATA): value
        for key, value in request.headers.items()
        if key.startswith(_METADATA)
    }
    properties: Properties = {"contentType": request.headers.get("content-type", DEFAULT_TYPE)}
    return properties | ({"metadata": metadata} if metadata else {})


def _conditions(request: Request) -> Conditions:
    given = {
        "ifGenerationMatch": request.headers.get("x-goog-if-generation-match"),
        "ifMetagenerationMatch": request.headers.get("x-goog-if-metageneration-match"),
    }
    return Conditions.of({key: value for key, value in given.items() if value is not None})
