"""Every timeout and retry of an activity, named, with its reason.

At least three attempts everywhere: *reset* of an activity in the Temporal UI spends one. Heartbeat timeouts are
long enough to outlive a restart of the server (a 5 s one throws finished work away), and short enough that the work
of a killed worker is taken up within a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import RetryPolicy

_HEARTBEAT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Preset:
    """`limit` is for one attempt; queueing is not limited, for a backlog is no failure."""

    limit: timedelta
    retries: RetryPolicy
    heartbeat: timedelta | None = None


_FEW = RetryPolicy(
    initial_interval=timedelta(seconds=2),
    backoff_coefficient=3,
    maximum_interval=timedelta(minutes=2),
    maximum_attempts=5,
)
FOREVER = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10), maximum_attempts=0
)

PROBE = Preset(timedelta(minutes=30), _FEW, _HEARTBEAT)
"""Reads the whole file once: hours of video take minutes."""
LISTEN_AND_WATCH = Preset(timedelta(hours=4), _FEW, _HEARTBEAT)
"""Transcribe and describe: a local recogniser takes a third of the video's length on one core."""
TRANSLATE = Preset(timedelta(minutes=15), _FEW, _HEARTBEAT)
SYNTHESIZE = Preset(timedelta(hours=2), _FEW, _HEARTBEAT)
MUX = Preset(timedelta(hours=3), _FEW, _HEARTBEAT)
"""A fallback that encodes six hours of picture."""
RECORD = Preset(timedelta(seconds=15), FOREVER)
"""The database: whatever is wrong with it passes, and nothing may be lost meanwhile."""
PUBLISH = Preset(timedelta(seconds=45), _FEW)
"""A few small objects and their rows: seconds. It has no heartbeat, so this is what a killed worker costs."""
SWEEP = Preset(timedelta(minutes=5), _FEW, _HEARTBEAT)
"""Seconds, and what it looks at is bounded. The next one goes on where it ended."""
SWEEP_RUN = timedelta(minutes=15)
"""One that hangs holds up the next no longer than this."""
