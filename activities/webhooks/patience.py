"""When a failed delivery is retried, and when it is given up.

As Stripe and Svix do, and as Standard Webhooks has it: whatever is not 2xx is tried again for days, also 404 or 401,
for what is wrong with a receiver is mended by people, and nothing should be lost meanwhile. What people have to mend
(other 4xx, redirects, a name that leads nowhere public) is tried more rarely. 410 says that nobody wants it any more.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from activities.webhooks.posting import Answer

GONE = 410


@dataclass(frozen=True, slots=True)
class Patience:
    """`delays` follow the first attempts. The last one repeats until `whole` has passed."""

    delays: tuple[timedelta, ...] = (
        timedelta(seconds=5),
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=10),
        timedelta(minutes=30),
        timedelta(hours=1),
        timedelta(hours=2),
        timedelta(hours=4),
        timedelta(hours=8),
        timedelta(hours=12),
    )
    whole: timedelta = timedelta(days=3)
    rarely: timedelta = timedelta(minutes=30)
    jitter: float = 0.1
    """Maximum jitter, as a share of the delay, so that simultaneous failures are not retried together."""

    def next_at(self, answer: Answer, attempts: int, asked_at: datetime, at: datetime) -> datetime | None:
        """When it is tried again after `attempts` that were not taken, the last one `at` a time; None where it is given
        up. The last attempt comes when the time is over."""
        over = asked_at + self.whole
        if at >= over:
            return None
        delay = self.delays[min(attempts, len(self.delays)) - 1]
        if answer.rarely:
            delay = max(delay, self.rarely)
        delay *= 1 + random.uniform(0, self.jitter)  # noqa: S311 - it hides nothing
        if answer.retry_after_s is not None:
            delay = max(delay, timedelta(seconds=min(answer.retry_after_s, self.delays[-1].total_seconds())))
        return min(at + delay, over)
