"""Headers: ETag, the conditional headers, and Location."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Header, Request, Response

from api.dependencies import ANSWERS
from schema.codes import Code
from schema.errors import Conflict, PreconditionFailed
from schema.settings import Settings

PREFIX = "/api/v1"
_MOST_CHARS = 1000
_BESIDE = re.compile(r'\.[0-9a-f]{16}"')


async def if_none_match(
    tags: Annotated[
        str | None,
        Header(
            alias="If-None-Match",
            max_length=_MOST_CHARS,
            description="The ETag of what the client has: 304 without a body where it is still so.",
        ),
    ] = None,
) -> None:
    """For a GET whose response has an ETag: of its body, if the route sets none (`revalidated`)."""


async def if_match(
    tags: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=_MOST_CHARS,
            description="The ETag of what was looked at: 412 where it is another by now.",
        ),
    ] = None,
) -> str | None:
    return tags


ANSWERS[if_match] = frozenset({412})
Revalidated = Depends(if_none_match)
"""For the `dependencies` of a route."""
IfMatch = Annotated[str | None, Depends(if_match)]


def tag_of(version: int | bytes) -> str:
    """The ETag of a numbered version, or of a response body."""
    text = str(version) if isinstance(version, int) else hashlib.sha256(version).hexdigest()[:24]
    return f'"{text}"'


def tag_beside(version: int, beside: str) -> str:
    """The ETag of a numbered version and of data that is returned with it. In If-Match it identifies the version."""
    if not beside:
        return tag_of(version)
    return f'"{version}.{hashlib.sha256(beside.encode()).hexdigest()[:16]}"'


def names(tags: str, tag: str) -> bool:
    """Whether `tag` is one of `tags`, in the syntax of If-Match and If-None-Match (RFC 9110, section 13.1)."""
    return tags.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in tags.split(","))


@contextmanager
def about(tags: str | None, base_version: int) -> Iterator[None]:
    """Checks a change of `base_version` against `tags`, if they are sent.

    Raises:
        PreconditionFailed: they name another version, or another one is current.
    """
    if tags is not None and not names(_BESIDE.sub('"', tags), tag_of(base_version)):
        raise PreconditionFailed(f"If-Match does not name version {base_version}, which base_version does.")
    try:
        yield
    except Conflict as error:
        if tags is None or error.code is not Code.STALE:
            raise
        raise PreconditionFailed(error.message, etag=tag_of(error.extra["current_version"])) from None


def revalidated(request: Request, response: Response) -> Response:
    """The response with its ETag, or 304 if the client has it already."""
    if response.status_code != 200:
        return response
    tag = response.headers.setdefault("ETag", tag_of(bytes(response.body)))
    if request.method == "GET" and names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers={"ETag": tag})
    return response


def located(settings: Settings, response: Response, path: str) -> None:
    """Sets the Location of a created object."""
    response.headers["Location"] = f"{settings.root_path}{PREFIX}{path}"
