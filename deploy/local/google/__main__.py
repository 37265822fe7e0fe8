"""`python -m deploy.local.google --rest-port N --grpc-port M`: runs simulations of Speech-to-Text, Text-to-Speech and
Gemini until SIGTERM or Ctrl-C. Reads the object store at STORAGE_ENDPOINT."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

import grpc
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from activities.local.listening import local_recognizer
from activities.local.silero import SileroDetector
from activities.local.translator import ApertiumTranslator
from activities.local.voice import EspeakVoice
from deploy.local.google.bucket import Bucket
from deploy.local.google.luck import Luck
from deploy.local.google.simulated import SimulatedGemini, SimulatedSpeech, SimulatedTextToSpeech
from deploy.local.google.translating import Slips, Translating

_GRACE_S = 2


async def serve(rest_port: int, grpc_port: int, faults: float, host: str = "127.0.0.1") -> None:
    """Runs until the process is told to end, then reports which calls failed."""
    luck = Luck(faults)
    bucket, voice = Bucket(os.environ["STORAGE_ENDPOINT"]), EspeakVoice()
    weights = os.environ.get("WEIGHTS")
    recognizer = local_recognizer(SileroDetector(), weights=Path(weights) if weights else None)
    speech = SimulatedSpeech(bucket, recognizer, luck)
    speaker = SimulatedTextToSpeech(voice, luck)
    gemini = SimulatedGemini(bucket, voice, Translating(ApertiumTranslator(), Slips(faults)), luck)

    async def told(request: Request) -> Response:
        return JSONResponse({"calls": luck.told(), "terms": dict(gemini.slips)})

    server = grpc.aio.server()
    server.add_generic_rpc_handlers((*speech.handlers(), *speaker.handlers()))
    server.add_insecure_port(f"{host}:{grpc_port}")
    await server.start()
    app = Starlette(routes=[Route("/told", told), *gemini.routes()])
    rest = uvicorn.Server(
        uvicorn.Config(
            app, host=host, port=rest_port, log_level="warning", timeout_graceful_shutdown=_GRACE_S
        )
    )
    await rest.serve()
    await server.stop(_GRACE_S)
    voice.close()
    sys.stderr.write("".join(f"{line}\n" for line in luck.told()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.google", description=__doc__)
    parser.add_argument("--rest-port", type=int, required=True, help="Gemini's")
    parser.add_argument("--grpc-port", type=int, required=True, help="of the two speech services")
    parser.add_argument("--faults", type=float, default=0.0, help="the share of calls that fail, 0 to 1")
    asked = parser.parse_args()
    for stop in (signal.SIGTERM, signal.SIGINT):  # uvicorn stops cleanly, then raises the signal again
        signal.signal(stop, lambda *_: sys.exit(0))
    asyncio.run(serve(asked.rest_port, asked.grpc_port, asked.faults))


if __name__ == "__main__":
    main()
