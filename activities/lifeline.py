"""Processes that do not outlive the one that started them. Cheap to import: a process of its own may need no more."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """A worker that is killed leaves no child behind that would write on beside the next attempt.

    `parent` is its process id: in a container it may well be 1.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
