"""Watchers that cost little: `python -m tests.benchmarks.watch PORT SOCKETS EVENTS`, with one token a line on standard
input, opens so many sockets, says `ready`, and says `heard` once each has heard so many events."""

from __future__ import annotations

import asyncio
import resource
import sys
from typing import cast

import uvloop

_HANDSHAKE = (
    "GET /api/v1/ws/status HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {}\r\n\r\n"
)


class Watcher(asyncio.Protocol):
    """Counts the text frames of one socket; the first is `ready`."""

    def __init__(self, token: str, events: int) -> None:
        self._token, self._left, self._data = token, events + 1, b""
        self._open = False
        self.ready, self.heard = asyncio.Event(), asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(_HANDSHAKE.format(self._token).encode())

    def connection_lost(self, _: Exception | None) -> None:
        if not self.heard.is_set():
            sys.exit("a socket was closed")

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._open:
            head, end, rest = self._data.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._open, self._data = True, rest
        while len(self._data) >= 2:
            short = self._data[1]
            assert short < 127, "a frame of more than 64 KiB"
            size = 2 + short if short < 126 else 4 + int.from_bytes(self._data[2:4], "big")
            if len(self._data) < size:
                return
            opcode, frame, self._data = self._data[0] & 15, self._data[:size], self._data[size:]
            if opcode == 9:  # a ping of less than 126 bytes; the pong is masked with zeros
                self._transport.write(bytes([0x8A, 0x80 | short, 0, 0, 0, 0]) + frame[2:])
            if opcode == 1:
                self._left -= 1
                self.ready.set()
                if self._left == 0:
                    self.heard.set()


async def watch(port: int, sockets: int, events: int, tokens: list[str]) -> None:
    watchers = [Watcher(tokens[n % len(tokens)], events) for n in range(sockets)]
    for first in range(0, sockets, 20):
        some = watchers[first : first + 20]
        for watcher in some:
            await asyncio.get_running_loop().create_connection(lambda w=watcher: w, "127.0.0.1", port)
        await asyncio.gather(*(watcher.ready.wait() for watcher in some))
    print("ready", flush=True)
    await asyncio.gather(*(watcher.heard.wait() for watcher in watchers))
    print("heard", flush=True)


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    numbers = [int(each) for each in sys.argv[1:4]]
    uvloop.run(watch(*numbers, sys.stdin.read().split()))
