"""A receiver of webhooks in this process, over real HTTP: it keeps what it gets, and answers as a test likes. What it
verifies with is written after the specification, and shares nothing with what signs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from deploy.local.ports import HOST

TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(frozen=True)
class Got:
    """One request."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def type(self) -> str:
        return str(self.said["type"])

    @property
    def event_id(self) -> int:
        return int(self.said["data"]["event_id"])

    def signed_with(self, *secrets: str) -> list[bool]:
        """Whether each of these secrets verifies it."""
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        given = self.headers["webhook-signature"].split(" ")
        found = []
        for secret in secrets:
            kind, _, key = secret.partition("_")
            assert kind == "whsec"
            digest = hmac.new(base64.b64decode(key, validate=True), signed, hashlib.sha256).digest()
            found.append(f"v1,{base64.b64encode(digest).decode()}" in given)
        return found


def answer(status: int, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", "Content-Length: 0", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class Receiver:
    """`reply` is what it answers, or what writes the answer."""

    reply: bytes | Callable[[Got, asyncio.StreamWriter], Awaitable[None]] = TAKEN
    tls: ssl.SSLContext | None = None
    got: list[Got] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.go_away()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/hooks?of=ours"

    async def go_away(self) -> None:
        """Nothing listens there any more."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def come_back(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    def types(self) -> list[str]:
        return [each.type for each in self.got]

    def events(self) -> list[Got]:
        """Without tests."""
        return [each for each in self.got if each.type != "webhook.test"]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
            headers = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            got = Got(head[0].split(" ")[1], headers, body)
            self.got.append(got)
            if isinstance(self.reply, bytes):
                writer.write(self.reply)
            else:
                await self.reply(got, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # who sent it is gone
        finally:
            writer.close()
