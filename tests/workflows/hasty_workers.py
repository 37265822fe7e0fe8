"""`python -m tests.workflows.hasty_workers POOL`: a pool as `python -m workers` has it, but Temporal misses it sooner when
it is killed: half a minute of silence shows no more than some seconds do."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

from workers.__main__ import main
from workflows import other_steps
from workflows.calls import StepCall

_MISSED_AFTER = timedelta(seconds=5)


def hasty(call: StepCall[Any, Any]) -> StepCall[Any, Any]:
    """The same call, whose worker is missed after some seconds without a heartbeat."""
    return replace(call, preset=replace(call.preset, heartbeat=_MISSED_AFTER))


if __name__ == "__main__":
    other_steps.DECIDE_ITEMS = hasty(other_steps.DECIDE_ITEMS)
    os._exit(main())
