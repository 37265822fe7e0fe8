"""The server as an ASGI application."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.storage import buckets, objects
from deploy.local.storage.browsers import Browsers, RawPath
from deploy.local.storage.errors import StorageError, answer_error
from deploy.local.storage.signed import serve_signed
from deploy.local.storage.signing import SigningKey
from deploy.local.storage.store import Store
from deploy.local.storage.unsupported import Unsupported

SIGNING_KEY = "signing-key.json"
"""In the data folder: a service account's key file, with which `google-cloud-storage` signs URLs."""

_API = "/storage/v1/b"
_OBJECT = f"{_API}/{{bucket}}/o/{{object}}"
_UPLOAD = "/upload/storage/v1/b/{bucket}/o"


def create_app(data_dir: Path) -> Starlette:
    """Opens the store in `data_dir`, which is made where it is missing, and closes it when the server stops.
    `RuntimeError` where another process has it open."""
    store = Store(data_dir)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    app = Starlette(
        routes=_routes(),
        lifespan=lifespan,
        middleware=[Middleware(RawPath), Middleware(Browsers, store=store), Middleware(Unsupported)],
        exception_handlers={
            StorageError: answer_error,
            ClientDisconnect: _answer_cut,
            OSError: _answer_os_error,
        },
    )
    app.state.store = store
    app.state.key = SigningKey(data_dir / SIGNING_KEY)
    return app


def _routes() -> list[Route]:
    copies = [f"{_OBJECT}/{verb}/b/{{to_bucket}}/o/{{to_object}}" for verb in ("rewriteTo", "copyTo")]
    return [
        Route("/healthz", _health),
        Route(_API, buckets.list_buckets),
        Route(_API, buckets.create_bucket, methods=["POST"]),
        Route(f"{_API}/{{bucket}}", buckets.get_bucket),
        Route(f"{_API}/{{bucket}}", buckets.patch_bucket, methods=["PATCH"]),
        Route(f"{_API}/{{bucket}}", buckets.delete_bucket, methods=["DELETE"]),
        Route(f"{_API}/{{bucket}}/o", objects.list_objects),
        Route(_OBJECT, objects.get_object),
        Route(_OBJECT, objects.patch_object, methods=["PATCH", "PUT"]),
        Route(_OBJECT, objects.delete_object, methods=["DELETE"]),
        Route(f"{_OBJECT}/compose", objects.compose_object, methods=["POST"]),
        *[Route(path, objects.copy_object, methods=["POST"]) for path in copies],
        Route(f"/download{_OBJECT}", objects.download_object),
        Route(_UPLOAD, objects.upload_object, methods=["POST"]),
        Route(_UPLOAD, objects.session_chunk, methods=["PUT"]),
        Route(_UPLOAD, objects.session_cancel, methods=["DELETE"]),
        Route("/{bucket}/{object:path}", serve_signed, methods=["GET", "HEAD", "PUT", "POST", "DELETE"]),
    ]


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _answer_cut(request: Request, _: Exception) -> Response:
    return await answer_error(request, StorageError(400, "uploadBrokenConnection", "The connection was cut."))


async def _answer_os_error(request: Request, error: Exception) -> Response:
    """A full disk is 507: trying again does not help until somebody makes room."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    message = (
        "The object store's disk is full." if full else f"The object store cannot use its files: {error}"
    )
    return await answer_error(request, StorageError(507 if full else 500, "backendError", message))
