"""What of the stack a demo needs: each pool that is left out is a process less to start."""

from __future__ import annotations

from workflows.names import Queue

DEMO_POOLS = tuple(
    queue.value for queue in Queue if queue not in (Queue.SWEEPS, Queue.EMBED, Queue.BATCHES, Queue.DOWNLOADS)
)
END_AT_ONCE = {"WORKER_GRACE_S": "0"}
"""No test waits for what a job that it leaves behind still does."""
