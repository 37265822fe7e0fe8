"""`Idempotency-Key`: the same request sent again has one effect and gets the same answer.

A write takes `once: Once` after its guard. The first request under a key runs, and its answer is kept when it
succeeded; when it was refused, the key is free again. A later one with the same body gets that answer; with another body, 409. Where the first one died on the
way, the second runs again: every id that a write makes comes from `once`, so that it finds what was made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID, uuid4, uuid5

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData, UploadFile

from api.authn import Caller
from api.dependencies import ANSWERS
from api.errors import status_of
from api.intake import Route
from api.parts import Parts
from schema.codes import Code
from schema.db import Database
from schema.errors import Conflict, PlatformError
from schema.queries import idempotency

_NAMESPACE = UUID("7f1b6f0e-4a58-4bb6-9d0c-0c7a7b8f2d11")
_KEPT_HEADERS = ("etag", "location")
_PIECE = 2**20


@dataclass(frozen=True, slots=True)
class Asked:
    """One write as it was asked for."""

    id: str
    """Hash of user, route and key; random where no key was sent."""
    keyed: bool
    repeated: bool
    """Asked for before, with no answer kept: it may have been done already, so only what does it can tell."""

    def uuid(self, *names: str) -> UUID:
        """The id of what this request makes: the same each time that it is sent."""
        return uuid5(_NAMESPACE, "/".join((self.id, *names)))

    def part(self, *names: str) -> Asked:
        """The same request for one of several things, such as a language of a bulk assignment."""
        return Asked(
            hashlib.sha256("/".join((self.id, *names)).encode()).hexdigest(), self.keyed, self.repeated
        )


class Replayed(Exception):
    """The answer is known already."""

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
    """Registers the key, or ends the request with the answer that was kept.

    Raises:
        Conflict: the key came with another body before.
    """
    if key is None:
        return Asked(hashlib.sha256(uuid4().bytes).hexdigest(), keyed=False, repeated=False)
    asked = f"{caller.principal.user_id}\n{request.method}\n{request.scope['path']}\n{key}"
    key_id = hashlib.sha256(asked.encode()).hexdigest()
    row, first = await idempotency.claim(caller.session, key_id, await _body_hash(request))
    await caller.session.commit()
    if not first and row.body_hash != await _body_hash(request):
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
    """Keeps the answer of a write that succeeded. Of one that was refused nothing is kept, nor its key."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def keyed(request: Request) -> Response:
            try:
                response = await handle(request)
            except (PlatformError, RequestValidationError) as error:
                if isinstance(error, RequestValidationError) or status_of(error) < 500:
                    await _release(request)
                raise
            await _keep(request, response)
            return response

        return keyed


def install(app: FastAPI) -> None:
    app.add_exception_handler(Replayed, _replay)


async def _keep(request: Request, response: Response) -> None:
    once = getattr(request.state, "once", None)
    if not isinstance(once, Asked) or response.status_code >= 300:
        return
    kept = {
        "body": json.loads(bytes(response.body) or b"null"),
        "headers": {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers},
    }
    async with _database(request).begin() as session:
        await idempotency.keep(session, once.id, response.status_code, kept)


async def _release(request: Request) -> None:
    """Only of a first attempt: an earlier one may have had its effect without an answer."""
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
    if error.status == 204:
        return Response(status_code=204, headers=headers)
    return JSONResponse(error.kept["body"], error.status, headers)


async def _body_hash(request: Request) -> str:
    """Of the body, and of the query. A form is hashed by its fields and files, for boundaries differ."""
    digest = hashlib.sha256(request.url.query.encode())
    if request.headers.get("content-type", "").startswith("multipart/"):
        await _hash_form(digest, await request.form())
    else:
        digest.update(await request.body())
    return digest.hexdigest()


async def _hash_form(digest: hashlib._Hash, form: FormData) -> None:
    for name, value in form.multi_items():
        digest.update(f"\n{name}\n".encode())
        if isinstance(value, UploadFile):
            digest.update(f"{value.filename}\n{value.size}\n".encode())
            while piece := await value.read(_PIECE):
                digest.update(piece)
            await value.seek(0)
        else:
            digest.update(value.encode())
