"""Google's services with local models behind their protocols: recognition, speech and translation run on this
machine."""

from __future__ import annotations

import asyncio
import io
import tempfile
import wave
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import grpc
import numpy as np
from google.cloud.speech_v2.types import cloud_speech
from google.cloud.texttospeech_v1.types import cloud_tts
from google.longrunning import operations_pb2
from google.rpc.status_pb2 import Status

from activities.local.voice import EspeakVoice
from activities.ports import SpeechAudio, SpeechRecognizer
from activities.texts.wav import wav_of
from deploy.local.google import answers
from deploy.local.google.bucket import Bucket
from deploy.local.google.forgetful import Forgetful, quiet
from deploy.local.google.gemini import FakeGemini, lengths
from deploy.local.google.luck import Luck, answer_or_refuse, lost
from deploy.local.google.speech import FakeSpeech, File
from deploy.local.google.text_to_speech import FakeTextToSpeech
from deploy.local.google.tones import RATE
from deploy.local.google.translating import Translating
from schema.errors import PlatformError
from schema.vtt.text import primary

Json = dict[str, Any]
_TAKES_S = 3600.0
"""How often a running recognition is checked: it is never done by itself."""
_INTERNAL = 13


class SimulatedSpeech(FakeSpeech):
    """Recognises with a local model."""

    def __init__(self, bucket: Bucket, recognizer: SpeechRecognizer, luck: Luck) -> None:
        super().__init__()
        self._bucket, self._recognizer, self._luck = bucket, recognizer, luck
        self._listening: dict[str, asyncio.Task[None]] = {}

    async def batch_recognize(
        self, request: cloud_speech.BatchRecognizeRequest, context: grpc.aio.ServicerContext
    ) -> operations_pb2.Operation:
        uri = request.files[0].uri
        await answer_or_refuse(context, self._luck.draw("Speech-to-Text, begin", uri))
        if self._luck.draw("Speech-to-Text, listen", uri) is not None:
            self.failures.append(Status(code=14, message="The operation was lost."))
        if uri not in self.files:
            self.files[uri] = File((), takes_s=_TAKES_S)
            language = primary(request.config.language_codes[0])
            self._listening[uri] = asyncio.create_task(self._listen(uri, language))
        return await super().batch_recognize(request, context)

    async def _listen(self, uri: str, language: str) -> None:
        try:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "speech.flac"
                path.write_bytes(await self._bucket.read(uri))
                audio = SpeechAudio(path, uri, await asyncio.to_thread(_length_ms, path), uri)
                heard = await self._recognizer.recognize(audio, language, Forgetful(), quiet)
        except (PlatformError, OSError) as error:
            self.file_failures.append(Status(code=_INTERNAL, message=str(error)))
            self.files[uri] = File(())
            return
        self.files[uri] = File([(word.text, word.start_ms, word.end_ms) for word in heard.words])


def _length_ms(path: Path) -> int:
    with av.open(str(path)) as media:
        assert media.duration is not None
        return media.duration * 1000 // av.time_base


class SimulatedGemini(FakeGemini):
    """Describes the sample film from its script, and translates with Apertium if it has the pair."""

    def __init__(self, bucket: Bucket, voice: EspeakVoice, translating: Translating, luck: Luck) -> None:
        super().__init__()
        self._bucket, self._voice, self._translating, self._luck = bucket, voice, translating, luck

    @property
    def slips(self) -> Counter[str]:
        """What happened to the glossary's terms."""
        return self._translating.slips.counts

    async def told(self, body: Json, instruction: str, question: Json) -> Any:
        task = next((word for word in ("gaps", "lines", "scenes", "stretches") if word in question), "other")
        asked = f"{instruction}{question}{lengths(body)}"
        drawn = self._luck.draw(f"Gemini, {task}", asked)
        if task == "gaps":
            return lost(drawn, answers.script(question))
        if task == "lines":
            return lost(drawn, await self._translating.answer(instruction, question))
        if task == "stretches":
            return lost(drawn, answers.sounds(question, lengths(body)))
        file, offset_s = _clip(body)
        sample = False
        with suppress(OSError):
            sample = answers.is_sample(await self._bucket.size(file))
        return lost(drawn, answers.scenes(question, offset_s, sample=sample))

    async def say(self, text: str, locale: str, voice: str) -> bytes:
        return await spoken(self._voice, text, locale)


def _clip(body: Json) -> tuple[str, float]:
    """The file that is looked at, and the second at which it starts."""
    part = next(part for part in body["contents"][0]["parts"] if "fileData" in part)
    offset = str(part.get("videoMetadata", {}).get("startOffset", "0s"))
    return part["fileData"]["fileUri"], float(offset.removesuffix("s"))


class SimulatedTextToSpeech(FakeTextToSpeech):
    """Speaks with a local voice, whatever name is requested."""

    def __init__(self, voice: EspeakVoice, luck: Luck) -> None:
        super().__init__()
        self._voice, self._luck = voice, luck

    async def synthesize_speech(
        self, request: cloud_tts.SynthesizeSpeechRequest, context: grpc.aio.ServicerContext
    ) -> cloud_tts.SynthesizeSpeechResponse:
        drawn = self._luck.draw("Text-to-Speech", f"{request.voice.name} {request.input.text}")
        await answer_or_refuse(context, drawn)
        return await super().synthesize_speech(request, context)

    async def say(self, request: cloud_tts.SynthesizeSpeechRequest) -> bytes:
        samples = await spoken(self._voice, request.input.text, request.voice.language_code)
        return wav_of(samples, RATE)


async def spoken(voice: EspeakVoice, text: str, locale: str) -> bytes:
    """Mono 16-bit samples at `RATE`."""
    known = voice.languages()
    language = next((code for code in (locale, locale.lower(), primary(locale)) if code in known), "en")
    with wave.open(io.BytesIO(await voice.speak(text, language, None, None))) as reader:
        samples = np.frombuffer(reader.readframes(reader.getnframes()), "<i2")
        rate = reader.getframerate()
    times = np.arange(len(samples) * RATE // rate) * rate / RATE
    made: bytes = np.interp(times, np.arange(len(samples)), samples).astype("<i2").tobytes()
    return made
