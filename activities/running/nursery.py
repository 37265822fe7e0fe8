"""Imported last by the process that `child` forks its children from, and nowhere else: it ends with the worker that
started it, and its children end with it."""

from __future__ import annotations

import gc

from activities.running.lifeline import end_with_parent

end_with_parent()
gc.freeze()  # what is imported by now is nobody's garbage: children neither search nor copy it
