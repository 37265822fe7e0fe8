"""Logging of every process: lines for people, or JSON objects with ids for searching."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from schema.settings import Settings

_about: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039 - never changed
_JOB = re.compile(r"job-([0-9a-f-]{36})")
_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """Adds these ids, such as `request_id`, to everything that is logged inside the block and its calls."""
    token = _about.set({**_about.get(), **ids})
    try:
        yield
    finally:
        _about.reset(token)


class JsonLines(logging.Formatter):
    """One JSON object per line: `time`, `level`, `logger`, `message`; `error` if there is one; and `request_id`,
    `workflow_id`, `job_id` if known."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_about.get(),
        }
        for source in ("temporal_workflow", "temporal_activity"):  # fields that the SDK's own loggers add
            known = getattr(record, source, None)
            if isinstance(known, Mapping) and known.get("workflow_id"):
                said["workflow_id"] = known["workflow_id"]
        if job := _JOB.match(said.get("workflow_id", "")):
            said["job_id"] = job[1]
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


def configure(settings: Settings) -> None:
    """Configures the logging of the process, once."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if settings.log_format == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(level=settings.log_level, handlers=[handler])
