"""`python -m workers POOL`: one pool in one process, until SIGTERM or Ctrl-C, which drain it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys

from temporalio.common import WorkflowIDConflictPolicy

from activities.running.child import make_ready
from schema.errors import PlatformError
from schema.settings import settings
from workers.registry import POOLS, make_worker
from workers.wiring import Platform, connect
from workflows import names
from workflows.names import Queue

_log = logging.getLogger("workers")


async def run(queue: Queue) -> None:
    """Serve `queue` until told to stop."""
    platform = await connect(settings())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        worker = make_worker(queue, platform)
        if children := POOLS[queue].children:
            make_ready(*children)
        if queue is Queue.JOBS:
            await _keep_house(platform)
        async with worker:
            _log.info("the %s pool is serving", queue.value)
            await stop.wait()
            _log.info("the %s pool is draining", queue.value)
    finally:
        await platform.close()


async def _keep_house(platform: Platform) -> None:
    """The sweeps run as long as there are workers for workflows."""
    await platform.temporal.start_workflow(
        names.MAINTENANCE_WORKFLOW,
        id=names.MAINTENANCE_ID,
        task_queue=Queue.JOBS.value,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="Starts jobs that a crash left behind, repairs rows, deletes what has expired",
    )


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
    raise SystemExit(main())
