"""`/ws/status`: changes of the jobs that a user sees, within a second."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, WebSocket

from api.authn import read_claims
from api.context import SharedParts
from api.feed import Feed
from api.guards.base import GUARDS, Rule
from api.hub import Hub
from api.origins import own_origin
from api.tokens import Claims, read_bearer
from schema.errors import Unauthenticated
from schema.permissions import Permission

router = APIRouter(tags=["WebSocket"])


async def _checked(websocket: WebSocket) -> Claims:
    """The claims of a socket's token: in a browser from the subprotocols `bearer, <token>`, elsewhere from the header.
    Never from the query, which ends up in logs."""
    await own_origin(websocket)
    return await read_claims(websocket, _token(websocket))


GUARDS[_checked] = Rule(Permission.READ)


def _token(websocket: WebSocket) -> str:
    offered = websocket.scope.get("subprotocols") or []
    if len(offered) == 2 and offered[0] == "bearer":
        return str(offered[1])
    if "authorization" in websocket.headers:
        return read_bearer(websocket)
    raise Unauthenticated("Offer the subprotocols bearer, <token>.")


@router.websocket("/ws/status")
async def status(
    websocket: WebSocket,
    parts: SharedParts,
    claims: Annotated[Claims, Depends(_checked)],
    last_event_id: Annotated[int | None, Query(ge=0)] = None,
) -> None:
    """Sends `ready`, then one `event` per change. `{"type": "auth", "token": …}` renews the token."""
    hub = websocket.app.state.hub
    assert isinstance(hub, Hub)
    protocol = "bearer" if websocket.scope.get("subprotocols") else None
    await Feed(websocket, parts, hub, claims).run(protocol, last_event_id)
