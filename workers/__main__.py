"""`python -m workers POOL`: one pool in one process, until SIGTERM or Ctrl-C, which drain it.

`python -m workers set-current` makes WORKER_BUILD_ID the current build once every pool runs it.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys

from activities.running.child import make_ready
from schema import logs
from schema.errors import PlatformError, in_full
from schema.load_settings import settings
from workers import tracing
from workers.registry import POOLS, make_worker
from workers.versions import keep_ready_file, set_current
from workers.wiring import Platform, connect, connect_temporal, runtime_of
from workflows.names import Queue
from workflows.schedules import keep_ensured

_log = logging.getLogger("workers")
_SET_CURRENT = "set-current"
_KEEP_SCHEDULES = (Queue.JOBS, Queue.SWEEPS)
"""The processes that look after the schedules, like the API. There are several, because any one may be down."""


async def run(queue: Queue) -> None:
    """Serves `queue` until told to stop."""
    tracing.begin(settings(), f"worker-{queue.value}")
    runtime = runtime_of(metrics_port=settings().metrics_port)
    platform = await connect(settings(), runtime=runtime)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await _serve(queue, platform, stop)
    finally:
        await platform.close()


async def _serve(queue: Queue, platform: Platform, stop: asyncio.Event) -> None:
    worker = make_worker(queue, platform)
    if children := POOLS[queue].children:
        make_ready(*children)
    told = platform.settings
    beside = [keep_ready_file(platform.temporal, queue, told.worker_build_id, told.worker_ready_file)]
    if queue in _KEEP_SCHEDULES:
        beside.append(keep_ensured(platform.temporal))
    tasks = [asyncio.create_task(each) for each in beside]
    try:
        async with worker:
            _log.info("the %s pool is serving", queue.value)
            await stop.wait()
            _log.info("the %s pool is draining", queue.value)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def make_current() -> str:
    """Makes the build current. Returns a message about what was done."""
    build_id = settings().worker_build_id
    if build_id is None:
        return "WORKER_BUILD_ID is not set: workers are unversioned, and take work as they are."
    await set_current(await connect_temporal(settings()), build_id)
    return f"Build {build_id} is the current one."


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument("pool", choices=[*(queue.value for queue in Queue), _SET_CURRENT])
    asked = parser.parse_args()
    try:
        logs.configure(settings())
        if asked.pool == _SET_CURRENT:
            print(asyncio.run(make_current()))
        else:
            asyncio.run(run(Queue(asked.pool)))
    except PlatformError as error:
        print(in_full(error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is closed by now. Interpreter shutdown can abort when many workflows are cached (sdk-python
    # issue 300), and a drain that ends in a signal looks like a crash.
    os._exit(status)
