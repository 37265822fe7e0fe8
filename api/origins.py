"""The origin of a browser's request."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from api.context import get_parts
from api.dependencies import ANSWERS
from schema.errors import Forbidden

_SCHEMES = {"ws": "http", "wss": "https"}


async def own_origin(connection: HTTPConnection) -> None:
    """Requires an allowed Origin header. Another site's page may not sign in here, use our cookie, or open a socket.

    Raises:
        Forbidden: it is neither this server's own page nor one of ALLOWED_ORIGINS.
    """
    origin = connection.headers.get("origin")
    if origin is None or origin in (await get_parts(connection)).settings.allowed_origins:
        return
    scheme = _SCHEMES.get(connection.url.scheme, connection.url.scheme)
    if origin.lower() != f"{scheme}://{connection.headers.get('host', '')}".lower():
        raise Forbidden("This origin is not one of ALLOWED_ORIGINS.")


ANSWERS[own_origin] = frozenset({403})
