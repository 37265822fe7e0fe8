"""Objects in the JSON API: list, get, change, delete, copy, compose, and the three kinds of upload."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deploy.local.storage import sessions
from deploy.local.storage.bodies import RelatedBody, store_body
from deploy.local.storage.downloads import send_object
from deploy.local.storage.errors import invalid
from deploy.local.storage.listing import list_page
from deploy.local.storage.model import Conditions, Object, Properties
from deploy.local.storage.resources import (
    DEFAULT_TYPE,
    base_url,
    checksum_check,
    generation_of,
    json_body,
    object_properties,
    object_resource,
    patched,
)  # fmt: skip
from deploy.local.storage.store import Source, Store

MAX_COMPONENTS = 32
MAX_NAME = 1024


def param(request: Request, key: str) -> str:
    """A part of the path, decoded: see `RawPath`."""
    return unquote(request.path_params[key])


def object_name(name: object) -> str:
    """400 unless it is a name that Google would take too."""
    if not isinstance(name, str) or not name or len(name.encode()) > MAX_NAME or name in (".", ".."):
        raise invalid(f"An object needs a name of 1 to {MAX_NAME} bytes; {name!r} is none.")
    if "\r" in name or "\n" in name or name.startswith(".well-known/acme-challenge/"):
        raise invalid(f"{name!r} holds a line end, or a reserved prefix.")
    return name


def shown(request: Request, made: Object) -> Response:
    return JSONResponse(object_resource(made, base_url(request)))


async def list_objects(request: Request) -> Response:
    store: Store = request.app.state.store
    page = await asyncio.to_thread(list_page, store.objects, param(request, "bucket"), request.query_params)
    base = base_url(request)
    body: dict[str, Any] = {
        "kind": "storage#objects",
        "items": [object_resource(one, base) for one in page.objects],
    }
    if page.prefixes:
        body["prefixes"] = page.prefixes
    if page.next_token:
        body["nextPageToken"] = page.next_token
    return JSONResponse(body)


async def get_object(request: Request) -> Response:
    bucket, name = param(request, "bucket"), param(request, "object")
    if request.query_params.get("alt") == "media":
        return await send_object(request, bucket, name)
    store: Store = request.app.state.store
    query = request.query_params
    found = await asyncio.to_thread(store.look, bucket, name, Conditions.of(query), generation_of(query))
    return shown(request, found)


async def download_object(request: Request) -> Response:
    return await send_object(request, param(request, "bucket"), param(request, "object"))


async def patch_object(request: Request) -> Response:
    """PATCH merges, PUT replaces."""
    store: Store = request.app.state.store
    bucket, name = param(request, "bucket"), param(request, "object")
    body = await json_body(request)
    old = await asyncio.to_thread(store.objects.get, bucket, name)
    properties = object_properties(patched(old.properties if request.method == "PATCH" else {}, body))
    conditions = Conditions.of(request.query_params)
    return shown(request, await asyncio.to_thread(store.objects.patch, bucket, name, properties, conditions))


async def delete_object(request: Request) -> Response:
    store: Store = request.app.state.store
    conditions = Conditions.of(request.query_params)
    await asyncio.to_thread(store.delete, param(request, "bucket"), param(request, "object"), conditions)
    return Response(status_code=204)


async def copy_object(request: Request) -> Response:
    """`rewriteTo` and `copyTo`. A copy shares the file of its source, so it is complete at once, whatever its
    size."""
    store: Store = request.app.state.store
    query = request.query_params
    source = await asyncio.to_thread(
        store.look, param(request, "bucket"), param(request, "object"), Conditions.of(query, "ifSource"),
        generation_of(query, "sourceGeneration"),
    )  # fmt: skip
    properties = source.properties | object_properties(await json_body(request))
    target = param(request, "to_bucket"), object_name(param(request, "to_object"))
    made = await asyncio.to_thread(store.copy, source, *target, properties, Conditions.of(query))
    if "/copyTo/" in request.scope["path"]:
        return shown(request, made)
    size = str(made.content.size)
    body = {"kind": "storage#rewriteResponse", "totalBytesRewritten": size, "objectSize": size, "done": True}
    return JSONResponse(body | {"resource": object_resource(made, base_url(request))})


async def compose_object(request: Request) -> Response:
    store: Store = request.app.state.store
    bucket, name = param(request, "bucket"), object_name(param(request, "object"))
    body = await json_body(request)
    parts = body.get("sourceObjects")
    if not isinstance(parts, list) or not 1 <= len(parts) <= MAX_COMPONENTS:
        raise invalid(f"compose takes 1 to {MAX_COMPONENTS} source objects.")
    sources = [_source(part) for part in parts]
    properties = {"contentType": DEFAULT_TYPE} | object_properties(body.get("destination") or {})
    conditions = Conditions.of(request.query_params)
    return shown(
        request, await asyncio.to_thread(store.compose, bucket, sources, name, properties, conditions)
    )


def _source(part: Any) -> Source:
    """One of `sourceObjects`."""
    if not isinstance(part, dict):
        raise invalid("A source object is an object with a name.")
    given = part.get("objectPreconditions") or {}
    if not isinstance(given, dict):
        raise invalid("objectPreconditions is an object.")
    preconditions = {key: str(value) for key, value in given.items()}
    return Source(object_name(part.get("name")), Conditions.of(preconditions), generation_of(part))


async def upload_object(request: Request) -> Response:
    """POST of an upload, by `uploadType`: media, multipart, or resumable, which only opens a session."""
    kinds = {"media": _upload_media, "multipart": _upload_multipart, "resumable": _start_resumable}
    kind = request.query_params.get("uploadType", "")
    if kind not in kinds:
        raise invalid(f"uploadType must be one of {', '.join(kinds)}, not {kind!r}.")
    return await kinds[kind](request, param(request, "bucket"))


async def _upload_media(request: Request, bucket: str) -> Response:
    name = object_name(request.query_params.get("name"))
    properties = {"contentType": request.headers.get("content-type", DEFAULT_TYPE)}
    store: Store = request.app.state.store
    conditions = Conditions.of(request.query_params)
    await asyncio.to_thread(store.check, bucket, name, conditions)
    content = await store_body(store, request.stream(), checksum_check(request))
    return shown(request, await asyncio.to_thread(store.put, bucket, name, content, properties, conditions))


async def _upload_multipart(request: Request, bucket: str) -> Response:
    store: Store = request.app.state.store
    conditions = Conditions.of(request.query_params)
    await asyncio.to_thread(store.buckets.get, bucket)
    body = RelatedBody(request)
    content = await store_body(
        store, body.content(), lambda made: checksum_check(request, body.resource)(made)
    )
    try:
        name = object_name(request.query_params.get("name") or body.resource.get("name"))
        properties = _with_type(object_properties(body.resource), body.content_type)
    except BaseException:
        store.abandon(content.file)
        raise
    return shown(request, await asyncio.to_thread(store.put, bucket, name, content, properties, conditions))


async def _start_resumable(request: Request, bucket: str) -> Response:
    body = await json_body(request)
    name = object_name(request.query_params.get("name") or body.get("name"))
    properties = _with_type(object_properties(body), request.headers.get("x-upload-content-type"))
    path = f"/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name={quote(name, safe='')}"
    return await sessions.start(request, bucket, name, properties, Conditions.of(request.query_params), path)


async def session_chunk(request: Request) -> Response:
    return await sessions.put_chunk(request, param(request, "bucket"))


async def session_cancel(request: Request) -> Response:
    return await sessions.cancel(request, param(request, "bucket"))


def _with_type(properties: Properties, content_type: str | None) -> Properties:
    return {"contentType": content_type or DEFAULT_TYPE} | properties
