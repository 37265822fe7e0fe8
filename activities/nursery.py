"""Imported by the process that `child` forks its children from, and nowhere else: it ends with the worker that
started it, and its children end with it."""

from __future__ import annotations

from activities.lifeline import end_with_parent

end_with_parent()
