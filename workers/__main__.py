"""`python -m workers POOL`: one pool in one process, until SIGTERM or Ctrl-C, which drain it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys

from activities.running.child import make_ready
from schema.errors import PlatformError
from schema.settings import settings
from workers.registry import POOLS, make_worker
from workers.wiring import Platform, connect
from workflows.names import Queue
from workflows.schedules import keep_ensured

_log = logging.getLogger("workers")
_KEEP_SCHEDULES = (Queue.JOBS, Queue.SWEEPS)
"""Each process of these, and of the API, looks after the schedules: one alone may be away."""


async def run(queue: Queue) -> None:
    """Serve `queue` until told to stop."""
    platform = await connect(settings())
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
    beside = [keep_ensured(platform.temporal)] if queue in _KEEP_SCHEDULES else []
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument("pool", choices=[queue.value for queue in Queue])
    asked = parser.parse_args()
    try:
        logging.basicConfig(
            level=settings().log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
        )
        asyncio.run(run(Queue(asked.pool)))
    except PlatformError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # All is closed by now. What the interpreter does at its end can abort where many workflows are cached (sdk-python
    # issue 300), and a drain that ends in a signal looks like a crash.
    os._exit(status)
