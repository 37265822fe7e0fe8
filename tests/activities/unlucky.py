"""Google's doubles of which a part of the calls fails, by what is asked and how often it was asked: the same in every
run."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.cloud.speech_v2.types import cloud_speech
from google.cloud.texttospeech_v1.types import cloud_tts
from google.longrunning import operations_pb2
from google.rpc.status_pb2 import Status

from tests.activities.script.kit import answers as scripted
from tests.fakes import phrasebook
from tests.fakes.google_genai import FakeGemini, refused, stopped
from tests.fakes.google_speech import FakeSpeech
from tests.fakes.google_tts import FakeTextToSpeech
from tests.fakes.grpc_server import refuse

SHARE = 0.2
BEGIN = "Speech-to-Text, begin"
"""Of an operation, which is paid for when it has listened: it may fail on the way, and is begun again."""
Json = dict[str, Any]


@dataclass
class Luck:
    """What was asked how often, failed, and was answered, by (service, what was asked)."""

    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    answered: Counter[tuple[str, str]] = field(default_factory=Counter)

    def draw(self, service: str, asked: str) -> float | None:
        """None where the call is answered; where it fails, a number from 0 to 1 that says how."""
        key = (service, asked)
        self.asked[key] += 1
        digest = hashlib.sha256(f"{key} {self.asked[key]}".encode()).digest()
        if int.from_bytes(digest[:4]) >= SHARE * 2**32:
            self.answered[key] += 1
            return None
        self.failed[service] += 1
        return int.from_bytes(digest[4:8]) / 2**32


LOST: list[Callable[[list[Json]], Any]] = [
    refused(503, "UNAVAILABLE", "Down."),
    refused(429, "RESOURCE_EXHAUSTED", "Too many.", "0.01s"),
    refused(500, "INTERNAL", "Oops."),
    stopped("MAX_TOKENS"),
    lambda given: given[1:],
    lambda given: "I cannot.",
]


class Gemini(FakeGemini):
    def __init__(self, luck: Luck) -> None:
        super().__init__(answer=self._say)
        self._luck = luck

    def _say(self, instruction: str, question: Json) -> Any:
        task = next(word for word in ("gaps", "lines", "scenes") if word in question)
        drawn = self._luck.draw(f"Gemini, {task}", instruction + json.dumps(question))
        if task == "gaps":
            given = scripted(question)
        else:
            given = phrasebook.answer("", question) if task == "lines" else _watched(instruction, question)
        return given if drawn is None else LOST[int(drawn * len(LOST))](given)


def _watched(instruction: str, question: Json) -> list[Json]:
    """What is seen in each scene. The style says which job asks."""
    number = instruction.rpartition("Job ")[2].rstrip(".")
    return [
        {
            "id": scene["id"],
            "description": f"A red house, {number}.{scene['id']}, stands there.",
            "on_screen_text": [],
            "note": None,
            "confidence": 0.9,
        }
        for scene in question["scenes"]
    ]


CODES = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL]


async def _refuse(context: grpc.aio.ServicerContext, drawn: float | None) -> None:
    if drawn is not None:
        await refuse(context, CODES[int(drawn * len(CODES))], "Not now.")


class Speech(FakeSpeech):
    """An operation may fail too, once it was begun."""

    def __init__(self, luck: Luck) -> None:
        super().__init__()
        self._luck = luck
        self.names: dict[str, str] = {}
        """The job's number by the address of its sound."""

    async def batch_recognize(
        self, request: cloud_speech.BatchRecognizeRequest, context: grpc.aio.ServicerContext
    ) -> operations_pb2.Operation:
        asked = self.names[request.files[0].uri]
        await _refuse(context, self._luck.draw(BEGIN, asked))
        if self._luck.draw("Speech-to-Text, listen", asked) is not None:
            self.failures.append(Status(code=14, message="The operation was lost."))
        return await super().batch_recognize(request, context)


class Voice(FakeTextToSpeech):
    def __init__(self, luck: Luck) -> None:
        super().__init__()
        self._luck = luck

    async def synthesize_speech(
        self, request: cloud_tts.SynthesizeSpeechRequest, context: grpc.aio.ServicerContext
    ) -> cloud_tts.SynthesizeSpeechResponse:
        drawn = self._luck.draw("Text-to-Speech", f"{request.voice.name} {request.input.text}")
        await _refuse(context, drawn)
        return await super().synthesize_speech(request, context)
