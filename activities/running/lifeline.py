"""Processes that die with their parent, and clean up when they are told to end. Cheap to import, because some processes
need nothing else."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from types import FrameType

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """The kernel kills this process when its parent ends, however that ends (Linux; elsewhere without effect). A
    parent that has ended before is not noticed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def die_with_parent(parent: int) -> None:
    """A worker that is killed leaves no child behind that would write on beside the next attempt.

    `parent` is its process id: in a container it may well be 1.
    """
    end_with_parent()
    if sys.platform == "linux" and os.getppid() != parent:
        os._exit(1)


def end_tidily() -> None:
    """Makes SIGTERM end this process like an exception, so that partial files are removed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGTERM, _end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: the clean-up must not be interrupted
    sys.exit(128 + number)
