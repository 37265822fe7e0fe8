"""`Idempotency-Key`: the same request sent again has one effect and gets the same response.

A write takes `once: Once` after its guard. The first request with a key runs. If it succeeds, its response is stored;
if it is refused, the key is free again. A later request with the same body gets the stored response; with another body,
409. If the first request died on the way, the second runs again. Every id that a write makes comes from `once`, so that
it finds what was already made.

No secret is stored: of the body only an HMAC, and of a response no field that is `Shown` once. A later request then
gets 409 with the id of the created object.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator
from functools import lru_cache
from typing import Annotated, Any, get_args

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile

from api.asked import Asked
from api.authn import Caller
from api.bodies.base import SHOWN_ONCE
from api.dependencies import ANSWERS
from api.errors import body_of, status_of
from api.intake import Route
from api.parts import Parts
from schema.codes import Code
from schema.db import Database
from schema.errors import Conflict, PlatformError
from schema.queries import idempotency

_KEPT_HEADERS = ("etag", "location")
_PIECE = 2**20


class Replayed(Exception):
    """The response is known already."""

    def __init__(self, status: int, kept: dict[str, Any]) -> None:
        super().__init__(status)
        self.status, self.kept = status, kept


async def claim(
    request: Request,
    caller: Caller,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=200,
            description="Any unique text. The same request sent again with it acts once.",
        ),
    ] = None,
) -> Asked:
    """Registers the key, or ends the request with the stored response.

    Raises:
        Conflict: the key was used with another body before.
    """
    if key is None:
        return Asked.once()
    asked = f"{caller.principal.user_id}\n{request.method}\n{request.scope['path']}\n{key}"
    key_id = hashlib.sha256(asked.encode()).hexdigest()
    await caller.session.commit()  # a form is hashed from disk
    body_hash = await _body_hash(request, caller.parts.settings.jwt_secret.get_secret_value())
    row, first = await idempotency.claim(caller.session, key_id, body_hash)
    await caller.session.commit()
    if not first and row.body_hash != body_hash:
        raise Conflict(
            "This Idempotency-Key was used for another request. Use a new one.", code=Code.KEY_REUSED
        )
    if row.status is not None:
        raise Replayed(row.status, row.response)
    request.state.once = Asked(key_id, keyed=True, repeated=not first)
    return request.state.once  # type: ignore[no-any-return]


ANSWERS[claim] = frozenset({409})
Once = Annotated[Asked, Depends(claim)]


class KeyedRoute(Route):
    """Stores the response of a write that succeeded. After a refusal, neither response nor key is stored."""

    @property
    def shown_once(self) -> frozenset[str]:
        """The response fields that are secrets."""
        return frozenset(_shown_once(self.response_model))

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle, secrets = super().get_route_handler(), self.shown_once

        async def keyed(request: Request) -> Response:
            try:
                response = await handle(request)
            except (PlatformError, RequestValidationError) as error:
                if isinstance(error, RequestValidationError) or status_of(error) < 500:
                    await _release(request)
                raise
            await _keep(request, response, secrets)
            return response

        return keyed


def install(app: FastAPI) -> None:
    app.add_exception_handler(Replayed, _replay)


def _shown_once(model: Any) -> Iterator[str]:
    """Includes those of a model inside a list or an optional, since the stored response contains the nested model."""
    for part in get_args(model):
        yield from _shown_once(part)
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            if SHOWN_ONCE in field.metadata:
                yield name
            yield from _shown_once(field.annotation)


async def _keep(request: Request, response: Response, secrets: frozenset[str]) -> None:
    once = getattr(request.state, "once", None)
    if not isinstance(once, Asked) or response.status_code >= 300:
        return
    body = json.loads(bytes(response.body) or b"null")
    tells = _tells(body, secrets)
    kept = {
        "body": {name: body[name] for name in body if _is_id(name)} if tells else body,
        "secret": tells,
        "headers": {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers},
    }
    async with _database(request).begin() as session:
        await idempotency.keep(session, once.id, response.status_code, kept)


def _tells(body: Any, secrets: frozenset[str]) -> bool:
    """Whether the response contains a secret."""
    if isinstance(body, list):
        return any(_tells(each, secrets) for each in body)
    if not isinstance(body, dict):
        return False
    return any(
        (name in secrets and value is not None) or _tells(value, secrets) for name, value in body.items()
    )


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith("_id")


async def _release(request: Request) -> None:
    """Frees the key, but only after a first attempt: an earlier one may have taken effect without a response."""
    once = getattr(request.state, "once", None)
    if isinstance(once, Asked) and not once.repeated:
        async with _database(request).begin() as session:
            await idempotency.release(session, once.id)


def _database(request: Request) -> Database:
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts.database


async def _replay(request: Request, error: Exception) -> Response:
    assert isinstance(error, Replayed)
    headers = {**error.kept["headers"], "Idempotency-Replayed": "true"}
    if error.kept.get("secret"):
        done = Conflict(
            "This was done already, and what it answered is shown once: make another.",
            **error.kept["body"],
        )
        return JSONResponse(body_of(done), status_of(done), headers)
    if error.status == 204:
        return Response(status_code=204, headers=headers)
    return JSONResponse(error.kept["body"], error.status, headers)


@lru_cache(maxsize=1)
def _body_key(secret: str) -> bytes:
    """A key derived for this purpose only. A reader of the rows learns nothing about a body, not even by guessing
    it."""
    return hmac.digest(secret.encode(), b"idempotency: bodies", "sha256")


async def _body_hash(request: Request, secret: str) -> str:
    """An HMAC of the body and of the query. A form is hashed by its fields and files, because its boundaries differ."""
    digest = hmac.new(_body_key(secret), request.url.query.encode(), "sha256")
    if request.headers.get("content-type", "").startswith("multipart/"):
        await _hash_form(digest, await request.form())
    else:
        digest.update(await request.body())
    return digest.hexdigest()


async def _hash_form(digest: hmac.HMAC, form: FormData) -> None:
    for name, value in form.multi_items():
        digest.update(f"\n{name}\n".encode())
        if isinstance(value, UploadFile):
            digest.update(f"{value.filename}\n{value.size}\n".encode())
            while piece := await value.read(_PIECE):
                digest.update(piece)
            await value.seek(0)
        else:
            digest.update(value.encode())
