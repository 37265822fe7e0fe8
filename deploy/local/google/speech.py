"""Speech-to-Text v2 over gRPC: batch recognition as long-running operations, and injected failures."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import grpc
from google.cloud.speech_v2 import SpeechAsyncClient
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport
from google.cloud.speech_v2.types import cloud_speech
from google.longrunning import operations_pb2
from google.rpc.status_pb2 import Status

from deploy.local.google.grpc_server import refuse, serve_grpc

_TYPES = "type.googleapis.com/google.cloud.speech.v2."


@dataclass
class File:
    """A file in the bucket: its words (word, start_ms, end_ms), and how long the service takes."""

    words: Sequence[tuple[str, int, int]]
    takes_s: float = 0.0
    speakers: Sequence[str] = ()
    """The speaker of each word, for requests that ask for it."""


@dataclass
class FakeSpeech:
    files: dict[str, File] = field(default_factory=dict)
    requests: list[cloud_speech.BatchRecognizeRequest] = field(default_factory=list)
    refusals: list[tuple[grpc.StatusCode, str, int | None]] = field(default_factory=list)
    """Each ends one call: (code, message, retry delay in seconds)."""
    failures: list[Status] = field(default_factory=list)
    """Each ends one operation."""
    file_failures: list[Status] = field(default_factory=list)
    forgotten: bool = False
    """Whether finished operations are gone, as they are after some days."""
    without_times: bool = False
    _started: dict[str, tuple[str, float]] = field(default_factory=dict)
    _tells_apart: set[str] = field(default_factory=set)
    """Files whose last request also asked for speakers."""

    async def batch_recognize(
        self, request: cloud_speech.BatchRecognizeRequest, context: grpc.aio.ServicerContext
    ) -> operations_pb2.Operation:
        if self.refusals:
            await refuse(context, *self.refusals.pop(0))
        self.requests.append(request)
        name = f"projects/p/locations/l/operations/{len(self.requests)}"
        uri = request.files[0].uri
        self._started[name] = (uri, time.monotonic())
        if "diarization_config" in request.config.features:
            self._tells_apart.add(uri)
        return self._operation(name)

    async def get_operation(
        self, request: operations_pb2.GetOperationRequest, context: grpc.aio.ServicerContext
    ) -> operations_pb2.Operation:
        if self.refusals:
            await refuse(context, *self.refusals.pop(0))
        if self.forgotten or request.name not in self._started:
            await refuse(context, grpc.StatusCode.NOT_FOUND, "no such operation")
        return self._operation(request.name)

    def _operation(self, name: str) -> operations_pb2.Operation:
        uri, since = self._started[name]
        file = self.files[uri]
        share = min(1.0, (time.monotonic() - since) / file.takes_s) if file.takes_s else 1.0
        operation = operations_pb2.Operation(name=name, done=share >= 1)
        progress = cloud_speech.BatchRecognizeTranscriptionMetadata(progress_percent=int(share * 100))
        metadata = cloud_speech.OperationMetadata(
            batch_recognize_metadata=cloud_speech.BatchRecognizeMetadata(
                transcription_metadata={uri: progress}
            )
        )
        operation.metadata.type_url = _TYPES + "OperationMetadata"
        operation.metadata.value = cloud_speech.OperationMetadata.serialize(metadata)
        if operation.done and self.failures:
            operation.error.CopyFrom(self.failures.pop(0))
        elif operation.done:
            response = cloud_speech.BatchRecognizeResponse(results={uri: self._result(uri)})
            operation.response.type_url = _TYPES + "BatchRecognizeResponse"
            operation.response.value = cloud_speech.BatchRecognizeResponse.serialize(response)
        return operation

    def _result(self, uri: str) -> cloud_speech.BatchRecognizeFileResult:
        """Words in sentences of ten, as the service returns one result per stretch of audio."""
        if self.file_failures:
            return cloud_speech.BatchRecognizeFileResult(error=self.file_failures.pop(0))
        file, results = self.files[uri], []
        speakers = file.speakers if file.speakers and uri in self._tells_apart else [""] * len(file.words)
        for first in range(0, len(file.words), 10):
            said = [
                cloud_speech.WordInfo(
                    word=word,
                    start_offset=timedelta(milliseconds=start),
                    end_offset=timedelta(milliseconds=end),
                    speaker_label=speaker,
                )
                for (word, start, end), speaker in zip(
                    file.words[first : first + 10], speakers[first : first + 10], strict=True
                )
            ]
            alternative = cloud_speech.SpeechRecognitionAlternative(
                transcript=" ".join(word.word for word in said), words=[] if self.without_times else said
            )
            results.append(cloud_speech.SpeechRecognitionResult(alternatives=[alternative]))
        transcript = cloud_speech.BatchRecognizeResults(results=results)
        return cloud_speech.BatchRecognizeFileResult(
            inline_result=cloud_speech.InlineResult(transcript=transcript)
        )

    def handlers(self) -> list[grpc.GenericRpcHandler]:
        speech = grpc.method_handlers_generic_handler(
            "google.cloud.speech.v2.Speech",
            {
                "BatchRecognize": grpc.unary_unary_rpc_method_handler(
                    self.batch_recognize,
                    cloud_speech.BatchRecognizeRequest.deserialize,
                    operations_pb2.Operation.SerializeToString,
                )
            },
        )
        operations = grpc.method_handlers_generic_handler(
            "google.longrunning.Operations",
            {
                "GetOperation": grpc.unary_unary_rpc_method_handler(
                    self.get_operation,
                    operations_pb2.GetOperationRequest.FromString,
                    operations_pb2.Operation.SerializeToString,
                )
            },
        )
        return [speech, operations]

    @asynccontextmanager
    async def client(self) -> AsyncIterator[SpeechAsyncClient]:
        """Google's own client, connected to this server."""
        async with serve_grpc(self.handlers()) as channel:
            yield SpeechAsyncClient(transport=SpeechGrpcAsyncIOTransport(channel=channel))
