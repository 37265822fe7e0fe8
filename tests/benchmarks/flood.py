"""Who shouts, and who waits meanwhile, each in a process of its own.

`python -m tests.benchmarks.flood flood PORT SECONDS CONNECTIONS` sends the largest bodies that open routes take, over
connections that stay open, and prints how many were answered. `… probe PORT PATH TOKEN COUNT` asks one after another,
and prints the median in milliseconds.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import sys
import time
from collections import Counter

import uvloop

from api.bodies.base import SMALL

_TYPE = "Content-Type: application/json\r\n"


def bodies() -> dict[str, bytes]:
    """By what is said of them; each as large as may be."""
    login = json.dumps({"email": "nobody@example.org", "password": "x" * 1000}).encode()
    junk = b"{" + b",".join(b'"k%d":1' % number for number in range(1600)) + b"}"
    deep = b'{"email":' + b"[" * 150 + b"]" * 150 + b',"password":"x"}'
    return {"login": login.ljust(SMALL), "junk": junk.ljust(SMALL), "deep": deep.ljust(SMALL)}


def _requests() -> list[bytes]:
    found = []
    for path in ("auth/login", "auth/refresh"):
        for body in bodies().values():
            head = f"POST /api/v1/{path} HTTP/1.1\r\nHost: bench\r\n{_TYPE}Cookie: refresh_token=x\r\n"
            found.append(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return found


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
    return int(head.split()[1])


async def flood(port: int, seconds: float, connections: int) -> str:
    """How often each status was answered."""
    until, told = time.monotonic() + seconds, Counter[int]()

    async def shout(first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        turns = itertools.cycle(_requests())
        for request in itertools.islice(turns, first, None):
            if time.monotonic() > until:
                break
            writer.write(request)
            told[await _answer(reader)] += 1
        writer.close()

    await asyncio.gather(*(shout(number) for number in range(connections)))
    return json.dumps(told)


async def probe(port: int, path: str, token: str, count: int) -> str:
    """The median in milliseconds."""
    asked = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    for _ in range(count):
        began = time.perf_counter()
        writer.write(asked)
        assert await _answer(reader) == 200
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.01)
    writer.close()
    return str(statistics.median(took) * 1000)


if __name__ == "__main__":
    what, port, *more = sys.argv[1:]
    if what == "flood":
        print(uvloop.run(flood(int(port), float(more[0]), int(more[1]))))
    else:
        print(uvloop.run(probe(int(port), more[0], more[1], int(more[2]))))
