"""Classifies errors, once for all activities: whether to retry, after which delay, and what a person reads."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from schema.errors import Invalid, PlatformError, ProviderFailed, Unavailable

_log = logging.getLogger(__name__)
_REFUSED = ("22", "23")
"""SQLSTATE classes: data exceptions, and violations of integrity."""
_NOT_KEPT = "The database cannot keep this: what it names does not exist, or is out of range."
_RACES = frozenset({"23505", "23P01"})
"""Unique and exclusion violations."""


def as_application_error(error: PlatformError) -> ApplicationError:
    """Converts `error` for the workflow: its message, its code as the type, and whether a retry may help."""
    retryable = isinstance(error, Unavailable) or (isinstance(error, ProviderFailed) and error.retryable)
    delay = getattr(error, "retry_after_s", None) if retryable else None
    return ApplicationError(
        error.message,
        *([[f"{each.field}: {each.message}" for each in error.errors]] if error.errors else []),
        type=error.code.value,
        non_retryable=not retryable,
        next_retry_delay=timedelta(seconds=delay) if delay else None,
    )


def never_passes(error: DBAPIError) -> bool:
    """Whether the database refuses the data permanently (a dangling reference, a value out of range). Two concurrent
    inserts of the same row do not count: a retry of the later one finds the row."""
    if isinstance(error.orig and error.orig.__cause__, asyncpg.DataError):
        return True  # refused by the driver before it was sent
    state = str(getattr(error.orig, "sqlstate", None))
    return state.startswith(_REFUSED) and state not in _RACES


class ClassifyErrors(Interceptor):
    """Converts the errors of every activity of a worker. Anything that is not a `PlatformError` is a bug or a broken
    machine: it is logged in full, retried, and shown only to staff."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Classify(next)


class _Classify(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except (ApplicationError, asyncio.CancelledError):
            raise
        except PlatformError as error:
            raise as_application_error(error) from error
        except DBAPIError as error:
            _log.exception("%s is refused by the database", activity.info().activity_type)
            if not never_passes(error):
                raise
            raise as_application_error(Invalid(_NOT_KEPT)) from error
        except Exception:
            _log.exception("%s failed unexpectedly", activity.info().activity_type)
            raise
