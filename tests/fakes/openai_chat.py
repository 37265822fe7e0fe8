"""A server that speaks the OpenAI chat API with pictures, as far as our client does, with faults on demand."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.google.http import serving

KEY = "sk-a-secret"


@dataclass
class FakeChat:
    """`answer` is given the question's JSON, and says what the model writes; `faults` are answered first, in order:
    (status, headers), where the header `inside` is the code of an error that is answered in the place of choices."""

    answer: Callable[[dict[str, Any]], str]
    faults: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    finish_reason: str = "stop"
    asked: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[list[bytes]] = field(default_factory=list)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        app = Starlette(routes=[Route("/v1/chat/completions", self._complete, methods=["POST"])])
        async with serving(app) as address:
            yield f"{address}/v1"

    async def _complete(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"error": {"message": f"no such key: {request.headers}"}}, 401)
        if self.faults:
            status, headers = self.faults.pop(0)
            if "inside" in headers:
                return JSONResponse({"error": {"message": "a fault", "code": int(headers["inside"])}}, status)
            return JSONResponse({"error": {"message": "a fault"}}, status, headers)
        body = await request.json()
        self.asked.append(body)
        text, *pictures = body["messages"][1]["content"]
        self.pictures.append([_picture(part) for part in pictures])
        said = self.answer(json.loads(text["text"]))
        message = {"role": "assistant", "content": said}
        return JSONResponse({"choices": [{"message": message, "finish_reason": self.finish_reason}]})


def _picture(part: dict[str, Any]) -> bytes:
    assert part["type"] == "image_url"
    head, _, data = part["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    return base64.b64decode(data)
