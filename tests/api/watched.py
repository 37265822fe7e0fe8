"""The API over parts that notice what is waited for with a database connection in hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from inspect import iscoroutinefunction
from typing import Any

import httpx
from temporalio.client import Client, Interceptor, OutboundInterceptor

from api.main import create_app
from api.parts import Parts
from schema.db import Database

_IN_REQUEST: ContextVar[bool] = ContextVar("in_request", default=False)


class Watch:
    """`held` names what requests waited for while they held a connection; `waits` counts all of it by name."""

    def __init__(self, database: Database) -> None:
        self._pool: Any = database.engine.sync_engine.pool
        self.held: list[str] = []
        self.waits: set[str] = set()

    def look(self, at: str) -> None:
        if _IN_REQUEST.get():
            self.waits.add(at)
            if self._pool.checkedout():
                self.held.append(at)


class _Store:
    def __init__(self, store: object, watch: Watch) -> None:
        self._store, self._watch = store, watch

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._store, name)
        if not iscoroutinefunction(value):
            return value

        async def watched(*args: Any, **more: Any) -> Any:
            self._watch.look(f"store.{name}")
            return await value(*args, **more)

        return watched


class _Threads(ThreadPoolExecutor):
    """The event loop's, so that `asyncio.to_thread` is seen wherever it is called."""

    watch: Watch | None = None

    def submit(self, fn: Any, /, *args: Any, **more: Any) -> Future[Any]:
        if self.watch is not None:
            self.watch.look("thread")
        return super().submit(fn, *args, **more)


class _Workflows(Interceptor):
    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        watch = self._watch

        class Outbound(OutboundInterceptor):
            pass

        def watched(name: str) -> Any:
            async def call(self: OutboundInterceptor, *args: Any) -> Any:
                watch.look(f"temporal.{name}")
                return await getattr(self.next, name)(*args)

            return call

        for name, method in vars(OutboundInterceptor).items():
            if iscoroutinefunction(method):
                setattr(Outbound, name, watched(name))
        return Outbound(next)


class _Transport(httpx.ASGITransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        token = _IN_REQUEST.set(True)
        try:
            return await super().handle_async_request(request)
        finally:
            _IN_REQUEST.reset(token)


@contextmanager
def _watched_threads(watch: Watch) -> Iterator[None]:
    """A loop keeps its executor: the watch leaves, and what is left is an executor like any."""
    threads = _Threads(thread_name_prefix="watched")
    threads.watch = watch
    asyncio.get_running_loop().set_default_executor(threads)
    try:
        yield
    finally:
        threads.watch = None


@asynccontextmanager
async def watched_api(parts: Parts) -> AsyncIterator[tuple[httpx.AsyncClient, Watch]]:
    """A client of an application like that of `parts`, with a pool of connections of its own."""
    database = Database.connect(parts.settings)
    watch = Watch(database)
    temporal = Client(**{**parts.temporal.config(), "interceptors": [_Workflows(watch)]})
    store: Any = _Store(parts.store, watch)
    app = create_app(replace(parts, database=database, temporal=temporal, store=store))
    with _watched_threads(watch):
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=_Transport(app), base_url="http://api.test") as client,
        ):
            yield client, watch
    await database.close()
