"""Gemini over HTTP: `generateContent` for JSON answers and for speech, embeddings, and injected failures."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from google import genai
from google.genai.types import HttpOptions
from google.oauth2.credentials import Credentials
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from activities.texts.wav import wav_of
from deploy.local.google.http import serving
from deploy.local.google.tones import RATE, spoken

Json = dict[str, Any]


@dataclass
class FakeGemini:
    """`answer` maps (system instruction, question) to a list of objects."""

    answer: Callable[[str, Json], list[Json]] = field(default=lambda instruction, question: [])
    requests: list[Json] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    faults: list[Callable[[list[Json]], Any]] = field(default_factory=list)
    """Each changes one answer: it returns another list, text that is not JSON, or a whole response."""
    bare_samples: bool = False
    """Whether speech comes without a WAV header, as from older models."""
    delay_s: float = 0.0

    async def generate(self, request: Request) -> Response:
        body = camel(await request.json())
        self.requests.append(body)
        self.paths.append(request.url.path)
        await asyncio.sleep(self.delay_s)
        if "AUDIO" in body.get("generationConfig", {}).get("responseModalities", []):
            return await self._speech(body)
        instruction = body["systemInstruction"]["parts"][0]["text"]
        question = json.loads(next(part["text"] for part in body["contents"][0]["parts"] if "text" in part))
        given: Any = await self.told(body, instruction, question)
        if self.faults:
            given = self.faults.pop(0)(given)
        if isinstance(given, Response):
            return given
        text = given if isinstance(given, str) else json.dumps(given)
        return JSONResponse(finished([{"text": text}]))

    async def told(self, body: Json, instruction: str, question: Json) -> Any:
        """The answer to a question; `body` is the whole request."""
        return self.answer(instruction, question)

    async def say(self, text: str, locale: str, voice: str) -> bytes:
        """Mono 16-bit samples at `RATE`."""
        await asyncio.sleep(len(text) / 20_000)
        return spoken(text, voice)

    async def _speech(self, body: Json) -> Response:
        if self.faults:
            given = self.faults.pop(0)([])
            if isinstance(given, Response):
                return given
        text = body["contents"][0]["parts"][0]["text"]
        asked = body["generationConfig"]["speechConfig"]
        samples = await self.say(text, asked["languageCode"], asked["voiceConfig"]["voice"])
        return JSONResponse(finished([sound(samples, bare=self.bare_samples)]))

    async def embed(self, request: Request) -> Response:
        """Texts with more words in common get closer vectors."""
        body = camel(await request.json())
        self.requests.append(body)
        self.paths.append(request.url.path)
        asked = body.get("requests", [body])
        given: Any = [vector(each["content"]["parts"][0]["text"]) for each in asked]
        if self.faults:
            given = self.faults.pop(0)(given)
        if isinstance(given, Response):
            return given
        values = [{"values": each} for each in given]
        return JSONResponse(
            {"embeddings": values} if "requests" in body else {"embedding": values[0]} if values else {}
        )

    def routes(self) -> list[Route]:
        path = "/{version}/projects/{project}/locations/{place}/publishers/google/models/{model}"
        return [
            Route(f"{path}:generateContent", self.generate, methods=["POST"]),
            Route(f"{path}:batchEmbedContents", self.embed, methods=["POST"]),
            Route(f"{path}:embedContent", self.embed, methods=["POST"]),
        ]

    @asynccontextmanager
    async def client(self) -> AsyncIterator[genai.Client]:
        """Google's own client, connected to this server."""
        async with serving(Starlette(routes=self.routes())) as url:
            client = genai.Client(
                enterprise=True,
                project="a-project",
                location="eu",
                credentials=Credentials(token="a-token"),  # noqa: S106 - nobody asks for it
                http_options=HttpOptions(base_url=url),
            )
            try:
                yield client
            finally:
                await client.aio.aclose()
                client.close()


def vector(text: str) -> list[float]:
    """768 numbers, derived from the words."""
    made = [0.0] * 768
    for word in re.findall(r"\w+", text.lower()):
        made[crc32(word.encode()) % 768] += 1.0
    return made


def camel(value: Any) -> Any:
    """Protobuf's JSON accepts both `file_uri` and `fileUri`, and Google's client writes both."""
    if isinstance(value, list):
        return [camel(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        re.sub(r"_([a-z])", lambda found: found[1].upper(), key): camel(each) for key, each in value.items()
    }


def lengths(body: Json) -> list[float]:
    """Seconds of each sound in a question."""
    blobs = [part["inlineData"]["data"] for part in body["contents"][0]["parts"] if "inlineData" in part]
    found = []
    for blob in blobs:
        with wave.open(io.BytesIO(base64.urlsafe_b64decode(blob))) as reader:
            found.append(reader.getnframes() / reader.getframerate())
    return found


def sound(samples: bytes, *, bare: bool = False) -> Json:
    data, mime = (
        (samples, f"audio/L16;codec=pcm;rate={RATE}") if bare else (wav_of(samples, RATE), "audio/wav")
    )
    return {"inlineData": {"mimeType": mime, "data": base64.b64encode(data).decode()}}


def finished(parts: list[Json], reason: str = "STOP") -> Json:
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": reason}]}


def stopped(reason: str) -> Callable[[list[Json]], Response]:
    return lambda _: JSONResponse(finished([], reason))


def blocked(reason: str) -> Callable[[list[Json]], Response]:
    return lambda _: JSONResponse({"promptFeedback": {"blockReason": reason}})


def refused(
    code: int, status: str, message: str, retry: str | None = None
) -> Callable[[list[Json]], Response]:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": retry}] if retry else []
    error = {"code": code, "status": status, "message": message, "details": details}
    return lambda _: JSONResponse({"error": error}, status_code=code)
