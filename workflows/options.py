"""Every timeout and retry of an activity, named, with its reason.

What can pass is tried again by time, not by count: five restarts of a pool or a vendor away for 90 s are not the step's
fault. Temporal offers no such limit. `schedule_to_close` counts the queue too, and a backlog is no failure; a workflow
is not told when an attempt began; and what an activity could count itself, a killed worker does not. So attempts come
in rounds: the server makes those of a round, further and further apart, without an event in the history, and when a
round is spent the workflow rests and begins another one, until `patience` is over since the first was spent. A queue
takes nothing of a round's attempts, and a step that was held up for longer than its patience still has a whole round.

At least three attempts everywhere: *reset* of an activity in the Temporal UI spends one. Heartbeat timeouts are long
enough to outlive a restart of the server (a 5 s one throws finished work away), and short enough that the work of a
killed worker is taken up within a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from temporalio.common import RetryPolicy

_HEARTBEAT = timedelta(seconds=30)
_WHOLE_LIMIT = "TemporalTimeout:StartToClose"
"""How the server names an attempt that took all of its time."""


@dataclass(frozen=True, slots=True)
class Preset:
    """`limit` is for one attempt; queueing is not limited, for a backlog is no failure."""

    limit: timedelta
    retries: RetryPolicy
    heartbeat: timedelta | None = None
    patience: timedelta | None = None
    """How long rounds of attempts follow each other; None is one round."""
    rest: timedelta = timedelta(minutes=1)
    """Between two rounds."""


_ROUND = RetryPolicy(
    initial_interval=timedelta(seconds=2),
    backoff_coefficient=3,
    maximum_interval=timedelta(minutes=2),
    maximum_attempts=10,
    non_retryable_error_types=[_WHOLE_LIMIT],
)
"""Eleven minutes where each attempt fails at once. What took its whole limit, with heartbeats all the way, would
take it again."""
_UNHEARD = replace(_ROUND, non_retryable_error_types=None)
"""For what has no heartbeat: an attempt that took its whole limit may be one whose worker was killed."""
_FEW = RetryPolicy(
    initial_interval=timedelta(seconds=2),
    backoff_coefficient=3,
    maximum_interval=timedelta(minutes=2),
    maximum_attempts=5,
)
FOREVER = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10), maximum_attempts=0
)
"""Until it passes. What cannot pass is not tried again: see `activities.errors`."""
_SOON = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=1), maximum_attempts=3
)
_HOURS = timedelta(hours=4)
"""Longer than any outage of a vendor that is not in the news; then somebody is to look."""

PROBE = Preset(timedelta(minutes=30), _ROUND, _HEARTBEAT, _HOURS)
"""Reads the whole file once: hours of video take minutes."""
LISTEN_AND_WATCH = Preset(timedelta(hours=4), _ROUND, _HEARTBEAT, _HOURS)
"""Transcribe and describe: a local recogniser takes a third of the video's length on one core."""
TRANSLATE = Preset(timedelta(hours=4), _ROUND, _HEARTBEAT, _HOURS)
"""Minutes; but a large model of one's own, on a processor, takes a second for each of a long film's 8,000 sentences. What
hangs is found sooner, for each call has its limit."""
SYNTHESIZE = Preset(timedelta(hours=2), _ROUND, _HEARTBEAT, _HOURS)
MUX = Preset(timedelta(hours=3), _ROUND, _HEARTBEAT, _HOURS)
"""A fallback that encodes six hours of picture."""
RECORD = Preset(timedelta(seconds=15), FOREVER)
"""The database: whatever is wrong with it passes, and nothing may be lost meanwhile."""
PUBLISH = Preset(timedelta(seconds=45), _FEW, patience=_HOURS)
"""A few small objects and their rows: seconds. It has no heartbeat, so this is what a killed worker costs."""
CHECK = Preset(timedelta(seconds=5), _SOON)
"""What a decision asks of the bucket while somebody waits for its answer, which is then 503."""
PREVIEW = Preset(timedelta(minutes=1), _SOON)
"""A sentence, while somebody waits to hear it: after three attempts they may ask again."""
PREVIEW_RUN = timedelta(minutes=3)
"""Behind others of its queue it may wait for so long."""
SWEEP = Preset(timedelta(minutes=5), _FEW, _HEARTBEAT)
"""Seconds, and what it looks at is bounded. The next one goes on where it ended."""
SWEEP_RUN = timedelta(minutes=15)
"""One that hangs holds up the next no longer than this."""
EMBED = Preset(timedelta(seconds=45), _UNHEARD, patience=_HOURS)
"""One page of terms: seconds. It has no heartbeat, so this is what a killed worker costs."""
MAIL = Preset(
    timedelta(minutes=2),
    RetryPolicy(
        initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=10), maximum_attempts=0
    ),
)
"""A mail server that is away comes back; what is said too late is dropped by the activity itself."""
WEBHOOK = Preset(
    timedelta(seconds=30),
    RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=3,
        maximum_interval=timedelta(minutes=10),
        maximum_attempts=0,
    ),
)
"""One POST of ten seconds at most, and its row. When it is tried again is the row's to say: these attempts are for a worker
that was killed, which this is what it costs, and for the database."""
CHOOSE = Preset(timedelta(minutes=1), FOREVER)
"""One statement over the jobs of an organisation, or of all."""
ITEMS = Preset(timedelta(minutes=5), FOREVER, _HEARTBEAT)
"""A piece of a batch. Each of its jobs has some seconds to answer, and what did not is the batch's to ask again."""
PACK = Preset(timedelta(hours=12), _ROUND, _HEARTBEAT, _HOURS)
"""A ZIP of some hundred gigabytes, at the speed of a bucket."""
