"""Cloud Text-to-Speech over gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
from google.cloud.texttospeech_v1 import TextToSpeechAsyncClient
from google.cloud.texttospeech_v1.services.text_to_speech.transports import TextToSpeechGrpcAsyncIOTransport
from google.cloud.texttospeech_v1.types import cloud_tts

from activities.texts.wav import wav_of
from deploy.local.google.grpc_server import refuse, serve_grpc
from deploy.local.google.tones import RATE, spoken


@dataclass
class FakeTextToSpeech:
    requests: list[cloud_tts.SynthesizeSpeechRequest] = field(default_factory=list)
    refusals: list[tuple[grpc.StatusCode, str, int | None]] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    """Each is returned once instead of sound."""

    async def synthesize_speech(
        self, request: cloud_tts.SynthesizeSpeechRequest, context: grpc.aio.ServicerContext
    ) -> cloud_tts.SynthesizeSpeechResponse:
        self.requests.append(request)
        if self.refusals:
            await refuse(context, *self.refusals.pop(0))
        content = self.answers.pop(0) if self.answers else await self.say(request)
        return cloud_tts.SynthesizeSpeechResponse(audio_content=content)

    async def say(self, request: cloud_tts.SynthesizeSpeechRequest) -> bytes:
        """A WAV file."""
        text = request.input.text
        await asyncio.sleep(len(text) / 20_000)
        return wav_of(spoken(text, request.voice.name), RATE)

    def handlers(self) -> list[grpc.GenericRpcHandler]:
        handler = grpc.method_handlers_generic_handler(
            "google.cloud.texttospeech.v1.TextToSpeech",
            {
                "SynthesizeSpeech": grpc.unary_unary_rpc_method_handler(
                    self.synthesize_speech,
                    cloud_tts.SynthesizeSpeechRequest.deserialize,
                    cloud_tts.SynthesizeSpeechResponse.serialize,
                )
            },
        )
        return [handler]

    @asynccontextmanager
    async def client(self) -> AsyncIterator[TextToSpeechAsyncClient]:
        """Google's own client, connected to this server."""
        async with serve_grpc(self.handlers()) as channel:
            yield TextToSpeechAsyncClient(transport=TextToSpeechGrpcAsyncIOTransport(channel=channel))
