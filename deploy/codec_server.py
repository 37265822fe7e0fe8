"""`python -m deploy.codec_server`: lets Temporal's UI and command line read what is encrypted (PAYLOAD_KEYS).

It listens only on loopback and does not authenticate. Put an authenticating proxy in front of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence

import uvicorn
from google.protobuf import json_format
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.api.common.v1 import Payload, Payloads

from schema import logs
from schema.errors import Misconfigured, PlatformError
from schema.load_settings import settings
from workers.codec import EncryptingCodec

HOST, PORT = "127.0.0.1", 8015
Turn = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


def create_app(codec: EncryptingCodec) -> Starlette:
    """`POST /encode` and `/decode` of Temporal's remote codec protocol: payloads as JSON, both ways."""

    def turning(turn: Turn) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                asked = json_format.Parse(await request.body(), Payloads())
                made = Payloads(payloads=await turn(asked.payloads))
            except (json_format.ParseError, ValueError, UnicodeDecodeError):
                return JSONResponse({"detail": "These are no payloads of ours."}, 400)
            return Response(json_format.MessageToJson(made), media_type="application/json")

        return answer

    return Starlette(
        routes=[
            Route("/encode", turning(codec.encode), methods=["POST"]),
            Route("/decode", turning(codec.decode), methods=["POST"]),
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.codec_server", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    asked = parser.parse_args()
    try:
        logs.configure(settings())
        keys = settings().payload_keys
        if keys is None:
            raise Misconfigured("PAYLOAD_KEYS is not set: there is nothing to decrypt with.")
        codec = EncryptingCodec.from_file(keys)
    except PlatformError as error:
        print(error.message, file=sys.stderr)
        return 1
    uvicorn.run(create_app(codec), host=HOST, port=asked.port, log_config=None, access_log=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
