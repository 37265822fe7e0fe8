"""The errors with which workflows refuse decisions. The API maps `conflict` to 409, `invalid` to 400 and `unavailable`
to 503."""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.names import CONFLICT, INVALID, UNAVAILABLE

CODES = frozenset({CONFLICT, INVALID, UNAVAILABLE})


def conflict(message: str, code: str = "state", **details: Any) -> ApplicationError:
    """A decision that cannot be taken now."""
    return ApplicationError(message, {"code": code, **details}, type=CONFLICT, non_retryable=True)


def invalid(message: str) -> ApplicationError:
    """A decision that is incomplete or wrong."""
    return ApplicationError(message, type=INVALID, non_retryable=True)


def unavailable() -> ApplicationError:
    """Something that the decision needs does not answer. Nothing was decided, and it may be sent again."""
    return ApplicationError(
        "This is not available now, and nothing was changed. Try again in a moment.",
        type=UNAVAILABLE,
        non_retryable=True,
    )


def moved_on() -> ApplicationError:
    return conflict(
        "The work has moved on since this was decided. Look again, and decide anew.", code="revision"
    )


def check_revision(revision: int | None, now: int) -> None:
    """Raises if the decision was made about a revision other than `now`. None matches any revision."""
    if revision is not None and revision != now:
        raise moved_on()


def check_run(run_id: str | None) -> None:
    """Refuses an update that was decided about an older run. After a reset, Temporal applies later updates again; they
    must have no effect. For validators only, because the run id changes on replay.

    After a reset Temporal applies later updates again. One that was decided about an older run decides nothing now.
    """
    if run_id is not None and run_id != workflow.info().run_id:
        raise conflict(
            "This was decided about an earlier run of the workflow. Look again, and decide anew.", code="run"
        )
