"""Shared code of the doubles that speak gRPC."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status


@asynccontextmanager
async def serve_grpc(handlers: Sequence[grpc.GenericRpcHandler]) -> AsyncIterator[grpc.aio.Channel]:
    """A server on a free port; yields a channel to it."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(tuple(handlers))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop(None)


async def refuse(
    context: grpc.aio.ServicerContext, code: grpc.StatusCode, message: str, retry_s: int | None = None
) -> None:
    """Ends the call as Google does: the status is repeated in the trailer, with the retry delay."""
    details = []
    if retry_s is not None:
        packed = AnyMessage()
        packed.Pack(RetryInfo(retry_delay=Duration(seconds=retry_s)))
        details.append(packed)
    status = Status(code=code.value[0], message=message, details=details)
    await context.abort(code, message, (("grpc-status-details-bin", status.SerializeToString()),))
