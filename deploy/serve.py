"""The API's process: `python -m deploy.serve`, until SIGTERM or Ctrl-C. It is in `deploy` because only `deploy` may
import both the API and the adapters behind its parts."""

from __future__ import annotations

import argparse
import asyncio
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import httpx2
import uvicorn
import uvloop
from prometheus_client import CollectorRegistry, start_http_server

from schema import logs
from schema.contracts.providers import ProviderCatalog
from schema.errors import Misconfigured, PlatformError, in_full
from schema.load_settings import settings

PORT = 8012
_MESSAGE_BYTES = 64 * 1024
"""Size limit of one message on the socket, which is a token at most."""
GRACE_S = 10
"""How long running requests and sockets may continue after SIGTERM."""


async def _catalog() -> ProviderCatalog:
    """Builds the catalog in a child process, so that this one loads no media library and no model."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
        return await asyncio.get_running_loop().run_in_executor(child, _make_catalog)


def _make_catalog() -> ProviderCatalog:
    from workers.providers import Providers

    return Providers(settings()).catalog()


async def serve(host: str, port: int) -> None:
    """Serves requests until told to stop. Temporal, the database and the bucket may become available later; until then
    the answer is 503.

    Raises:
        PlatformError: a setting is wrong, or a provider is not configured.
    """
    from api.main import create_app  # here, because the child that builds the catalog imports this module too
    from api.microsoft import Microsoft
    from api.parts import Parts
    from workers import tracing
    from workers.queues import QueueMetrics
    from workers.wiring import connect, runtime_of
    from workflows.schedules import keep_ensured

    tracing.begin(settings(), "api")
    catalog = await _catalog()
    platform = await connect(settings(), lazy=True, runtime=runtime_of())
    http = httpx2.AsyncClient()
    parts = Parts(
        settings=platform.settings,
        database=platform.database,
        temporal=platform.temporal,
        store=platform.store,
        providers=catalog,
        microsoft=Microsoft.of(platform.settings, http),
    )
    metrics_port = platform.settings.metrics_port
    registry = CollectorRegistry() if metrics_port is not None else None
    config = uvicorn.Config(
        create_app(parts, registry),
        host=host,
        port=port,
        ws="websockets-sansio",
        ws_max_size=_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # small messages, and low memory per socket
        log_config=None,
        access_log=False,
        proxy_headers=False,  # TRUSTED_PROXIES decides whose are believed
        timeout_graceful_shutdown=GRACE_S,
    )
    beside = [keep_ensured(platform.temporal)]
    if metrics_port is not None and registry is not None:
        try:
            start_http_server(metrics_port, registry=registry)
        except OSError as error:
            raise Misconfigured(f"METRICS_PORT {metrics_port} cannot be served: {error.strerror}.") from error
        beside.append(QueueMetrics(registry).keep_looking(platform.temporal))
    tasks = [asyncio.create_task(each) for each in beside]
    try:
        await uvicorn.Server(config).serve()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await http.aclose()
        await platform.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.serve", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 in a container")
    parser.add_argument("--port", type=int, default=PORT)
    asked = parser.parse_args()
    try:
        logs.configure(settings())
        uvloop.run(serve(asked.host, asked.port))
    except PlatformError as error:
        print(in_full(error), file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):  # uvicorn raises the signal again once it has drained
        pass
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
