"""A client that costs little: `python -m tests.benchmarks.ask PORT PATH TOKEN REQUESTS AT_ONCE` prints how many of the
requests were answered in a second, over connections that stay open. Anything but 200 ends it."""

from __future__ import annotations

import asyncio
import sys
import time

import uvloop


async def per_second(port: int, path: str, token: str, requests: int, at_once: int) -> float:
    asked = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    left = iter(range(requests))

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in left:
            writer.write(asked)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert head.startswith(b"http/1.1 200"), head
            await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(at_once)))
    return requests / (time.perf_counter() - began)


if __name__ == "__main__":
    port, path, token, requests, at_once = sys.argv[1:]
    print(uvloop.run(per_second(int(port), path, token, int(requests), int(at_once))))
