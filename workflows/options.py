"""Every timeout and retry policy of an activity, named, with its reason.

Retries of transient failures are limited by time, not by count: five restarts of a pool, or a vendor outage of 90 s,
are not the step's fault. Temporal has no such limit. `schedule_to_close` includes the time in the queue, and a backlog
is not a failure. A workflow does not learn when an attempt began. An activity that counts for itself stops counting
when its worker is killed. So attempts come in rounds. The server makes the attempts of a round with exponential backoff
and without events in the history. When a round is spent, the workflow rests and begins another, until `patience` has
passed since the first round was spent. Time in the queue uses up no attempts, and a step that was delayed for longer
than its patience still has a whole round.

Every policy has at least three attempts, because *reset* of an activity in the Temporal UI uses one up. Heartbeat
timeouts are long enough to survive a restart of the server (with 5 s, finished work is lost), and short enough that the
work of a killed worker is picked up within a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from temporalio.common import RetryPolicy

_HEARTBEAT = timedelta(seconds=30)
_WHOLE_LIMIT = "TemporalTimeout:StartToClose"
"""How the server names the failure of an attempt that used its whole timeout."""


@dataclass(frozen=True, slots=True)
class Preset:
    """The options of an activity. `limit` is for one attempt. Time in the queue is unlimited, because a backlog is not
    a failure."""

    limit: timedelta
    retries: RetryPolicy
    heartbeat: timedelta | None = None
    patience: timedelta | None = None
    """How long rounds of attempts follow each other. None means one round."""
    rest: timedelta = timedelta(minutes=1)
    """The pause between two rounds."""


_ROUND = RetryPolicy(
    initial_interval=timedelta(seconds=2),
    backoff_coefficient=3,
    maximum_interval=timedelta(minutes=2),
    maximum_attempts=10,
    non_retryable_error_types=[_WHOLE_LIMIT],
)
"""Eleven minutes if each attempt fails at once. An attempt that used its whole timeout while sending heartbeats is not
retried, because it would use it again."""
_UNHEARD = replace(_ROUND, non_retryable_error_types=None)
"""For activities without a heartbeat: an attempt that used its whole timeout may be one whose worker was killed."""
_FEW = RetryPolicy(
    initial_interval=timedelta(seconds=2),
    backoff_coefficient=3,
    maximum_interval=timedelta(minutes=2),
    maximum_attempts=5,
)
FOREVER = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10), maximum_attempts=0
)
"""Retries until it succeeds. Permanent failures are not retried: see `activities.errors`."""
_SOON = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=1), maximum_attempts=3
)
_HOURS = timedelta(hours=4)
"""Longer than most outages of a vendor. After that, a person should look."""

PROBE = Preset(timedelta(minutes=30), _ROUND, _HEARTBEAT, _HOURS)
"""Reads the whole file once, which takes minutes for hours of video."""
LISTEN_AND_WATCH = Preset(timedelta(hours=4), _ROUND, _HEARTBEAT, _HOURS)
"""Transcribe and describe: a local recogniser takes a third of the video's length on one core."""
TRANSLATE = Preset(timedelta(hours=4), _ROUND, _HEARTBEAT, _HOURS)
"""Minutes as a rule. A large model of your own on a CPU takes a second for each of a long film's 8,000 sentences. A
call that hangs is found sooner, because each call has its own timeout."""
SYNTHESIZE = Preset(timedelta(hours=2), _ROUND, _HEARTBEAT, _HOURS)
MUX = Preset(timedelta(hours=3), _ROUND, _HEARTBEAT, _HOURS)
"""Covers a fallback that encodes six hours of picture."""
RECORD = Preset(timedelta(seconds=15), FOREVER)
"""Database writes. Any failure is transient, and nothing may be lost."""
PUBLISH = Preset(timedelta(seconds=45), _FEW, patience=_HOURS)
"""A few small objects and their rows: seconds. Without a heartbeat, this is also how long a killed worker goes
unnoticed."""
CHECK = Preset(timedelta(seconds=5), _SOON)
"""What a decision asks of the bucket while a client waits. After that the answer is 503."""
PREVIEW = Preset(timedelta(minutes=1), _SOON)
"""One sentence, while somebody waits to hear it. After three attempts they may ask again."""
PREVIEW_RUN = timedelta(minutes=3)
"""How long it may wait in its queue behind others."""
SWEEP = Preset(timedelta(minutes=5), _FEW, _HEARTBEAT)
"""Takes seconds, and looks at a bounded amount. The next sweep continues where this one ended."""
SWEEP_RUN = timedelta(minutes=15)
"""A sweep that hangs delays the next one by no more than this."""
EMBED = Preset(timedelta(seconds=45), _UNHEARD, patience=_HOURS)
"""One page of terms: seconds. Without a heartbeat, this is also how long a killed worker goes unnoticed."""
MAIL = Preset(
    timedelta(minutes=2),
    RetryPolicy(
        initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=10), maximum_attempts=0
    ),
)
"""An unavailable mail server comes back. The activity itself drops mails that have become pointless."""
WEBHOOK = Preset(
    timedelta(seconds=30),
    RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=3,
        maximum_interval=timedelta(minutes=10),
        maximum_attempts=0,
    ),
)
"""One POST of at most ten seconds, and its row. The row, not this policy, decides when a delivery is sent again. These
attempts cover a killed worker, which goes unnoticed for this long, and the database."""
CHOOSE = Preset(timedelta(minutes=1), FOREVER)
"""One statement over the jobs of one organisation, or of all."""
ITEMS = Preset(timedelta(minutes=5), FOREVER, _HEARTBEAT)
"""One piece of a batch. Each of its jobs has some seconds to answer; the batch asks again about those that did not."""
PACK = Preset(timedelta(hours=12), _ROUND, _HEARTBEAT, _HOURS)
"""A ZIP of some hundred gigabytes, at the throughput of a bucket."""
