"""Buckets in the JSON API."""

from __future__ import annotations

import asyncio
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deploy.local.storage.errors import invalid
from deploy.local.storage.objects import param
from deploy.local.storage.resources import base_url, bucket_properties, bucket_resource, json_body, patched
from deploy.local.storage.store import Store

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")


def bucket_name(name: object) -> str:
    """400 unless it follows "Bucket naming guidelines" of the Cloud Storage documentation."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid(
            f"{name!r} is no bucket name: 3 to 222 of a-z, 0-9, '-', '_' and '.', ends alphanumeric."
        )
    return name


async def list_buckets(request: Request) -> Response:
    store: Store = request.app.state.store
    buckets = await asyncio.to_thread(store.buckets.list, request.query_params.get("prefix", ""))
    items = [bucket_resource(bucket, base_url(request)) for bucket in buckets]
    return JSONResponse({"kind": "storage#buckets", "items": items})


async def create_bucket(request: Request) -> Response:
    store: Store = request.app.state.store
    body = await json_body(request)
    made = await asyncio.to_thread(
        store.buckets.create, bucket_name(body.get("name")), bucket_properties(body)
    )
    return JSONResponse(bucket_resource(made, base_url(request)))


async def get_bucket(request: Request) -> Response:
    store: Store = request.app.state.store
    found = await asyncio.to_thread(store.buckets.get, param(request, "bucket"))
    return JSONResponse(bucket_resource(found, base_url(request)))


async def patch_bucket(request: Request) -> Response:
    store: Store = request.app.state.store
    old = await asyncio.to_thread(store.buckets.get, param(request, "bucket"))
    properties = bucket_properties(patched(old.properties, await json_body(request)))
    made = await asyncio.to_thread(store.buckets.patch, old.name, properties)
    return JSONResponse(bucket_resource(made, base_url(request)))


async def delete_bucket(request: Request) -> Response:
    store: Store = request.app.state.store
    await asyncio.to_thread(store.buckets.delete, param(request, "bucket"))
    return Response(status_code=204)
