"""Google's doubles of which a part of the calls fails, by what is asked and how often it was asked: the same in every
run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import grpc
from google.cloud.speech_v2.types import cloud_speech
from google.cloud.texttospeech_v1.types import cloud_tts
from google.longrunning import operations_pb2
from google.rpc.status_pb2 import Status

from deploy.local.google import phrasebook
from deploy.local.google.gemini import FakeGemini
from deploy.local.google.luck import Luck, answer_or_refuse, lost
from deploy.local.google.speech import FakeSpeech
from deploy.local.google.text_to_speech import FakeTextToSpeech
from tests.activities.script.kit import answers as scripted

BEGIN = "Speech-to-Text, begin"
"""Of an operation, which is paid for when it has listened: it may fail on the way, and is begun again."""
Json = dict[str, Any]


class Gemini(FakeGemini):
    def __init__(self, luck: Luck) -> None:
        super().__init__()
        self._luck = luck

    async def told(self, body: Json, instruction: str, question: Json) -> Any:
        task = next(word for word in _ANSWERS if word in question)
        heard = [part["inlineData"] for part in body["contents"][0]["parts"] if "inlineData" in part]
        drawn = self._luck.draw(f"Gemini, {task}", instruction + json.dumps([question, heard]))
        return lost(drawn, _ANSWERS[task](instruction, question))


def _heard(instruction: str, question: Json) -> list[Json]:
    return [
        {"id": id_, "sound": "a bell", "lasting": True, "confidence": 0.9} for id_ in question["stretches"]
    ]


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


_ANSWERS: dict[str, Callable[[str, Json], list[Json]]] = {
    "gaps": lambda _, question: scripted(question),
    "lines": lambda _, question: phrasebook.answer("", question),
    "scenes": _watched,
    "stretches": _heard,
}


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
        await answer_or_refuse(context, self._luck.draw(BEGIN, asked))
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
        await answer_or_refuse(context, drawn)
        return await super().synthesize_speech(request, context)
