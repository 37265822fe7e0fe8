"""Files that people upload in addition to a video."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header

from api.authn import Caller
from api.bodies.files import FileInit, FileInitOut
from api.errors import errors
from api.idempotency import KeyedRoute, Once
from api.operations import files

router = APIRouter(prefix="/files", tags=["Files"], route_class=KeyedRoute)


@router.post("/signed-upload", status_code=201, responses=errors(401, 403))
async def announce_file(
    caller: Caller,
    body: FileInit,
    once: Once,
    origin: Annotated[str | None, Header(description="Of the page that is going to send the file.")] = None,
) -> FileInitOut:
    """Announces a dub, a recording, a text, a glossary or an attachment of a brief. Returns the URL for its upload."""
    return await files.announce(caller, body, once, origin)
