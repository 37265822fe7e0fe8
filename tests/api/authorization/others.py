"""What is about no tenant's thing."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Message

from api.main import PREFIX
from tests.api.authorization.world import Entry, World
from tests.api.people import Person


async def _connect(world: World, caller: Person | None) -> int:
    """101 where the socket is accepted, 401 where it is closed at once."""
    told: asyncio.Queue[Message] = asyncio.Queue()
    sent: asyncio.Queue[Message] = asyncio.Queue()
    await sent.put({"type": "websocket.connect"})
    path = f"{PREFIX}/ws/status"
    scope: dict[str, Any] = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [],
        "scheme": "ws", "http_version": "1.1", "server": ("api.test", 80), "client": ("127.0.0.1", 1),
        "subprotocols": ["bearer", caller.token] if caller else [], "root_path": "",
        "state": {}, "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    serving = asyncio.create_task(world.app(scope, sent.get, told.put))
    first = await told.get()
    await sent.put({"type": "websocket.disconnect", "code": 1000})
    await serving
    if first["type"] == "websocket.accept":
        return 101
    return int(first.get("status", 401))


ENTRIES = {
    "GET /tts/voices": Entry(),
    "GET /tts/languages": Entry(),
    "GET /tts/options": Entry(),
    "GET /ws/status": Entry(call=_connect),
    "GET /health/live": Entry(),
    "GET /health/ready": Entry(),
}
