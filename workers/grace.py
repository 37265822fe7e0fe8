"""How long a worker that is told to end (SIGTERM) waits for its running activities: as long as the longest piece of
work of its pool that another worker could not repeat cheaply.

Where a provider is paid, that is one call: once the worker is told to end, its steps begin no other
(`activities.running.in_flight`), and what was answered before is found again. A recogniser's or a model's work on this
machine is kept piece by piece too. What is still under way after the grace is cut, and begins again on another worker.
"""

from __future__ import annotations

from datetime import timedelta

from activities import limits
from workflows import options
from workflows.names import Queue

ENDING = timedelta(seconds=15)
"""Time from the end of the grace period to the end of the process, for cancelled activities to report and connections
to close. Whoever sends SIGTERM waits for both before killing."""
_SAVING = timedelta(seconds=15)
"""Time after a call in which its answer is measured and written to the bucket."""
_MOST = timedelta(minutes=10) - ENDING
"""Kubernetes' autoscaler waits no longer than ten minutes for a pod by default. This is also the grace where work only
has value once complete: most of it finishes in that time."""


def _calls(*seconds: float) -> timedelta:
    return min(timedelta(seconds=max(seconds)) + _SAVING, _MOST)


GRACE: dict[Queue, timedelta] = {
    # Milliseconds in the database; an attempt has no more time than this.
    Queue.JOBS: options.RECORD.limit,
    # A mail that is interrupted between the server's answer and the row is sent twice.
    Queue.RECORDS: options.MAIL.limit,
    # One item at a time; the next sweep continues after the last one.
    Queue.SWEEPS: timedelta(seconds=30),
    Queue.EMBED: _calls(limits.EMBED_S),
    # A decision has an id, and is taken once however often it is sent.
    Queue.BATCHES: timedelta(seconds=30),
    Queue.DOWNLOADS: _MOST,
    Queue.PROBE: _MOST,
    Queue.TRANSCRIBE: _calls(limits.SPEECH_S, limits.GEMINI_S),
    Queue.DESCRIBE: _calls(limits.GEMINI_S, limits.CHAT_S),
    Queue.TRANSLATE: _calls(limits.GEMINI_S),
    Queue.SYNTHESIZE: _calls(limits.VOICE_S, limits.GEMINI_VOICE_S),
    Queue.MUX: _MOST,
}


def grace_of(queue: Queue, at_most_s: float | None) -> timedelta:
    """The grace period of a pool's worker. `at_most_s` is WORKER_GRACE_S, if set."""
    grace = GRACE[queue]
    return grace if at_most_s is None else min(grace, timedelta(seconds=at_most_s))
