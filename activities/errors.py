"""Errors are classified once, here: what may be tried again, after which delay, and what a person reads."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from schema.errors import PlatformError, ProviderFailed, Unavailable

_log = logging.getLogger(__name__)


def as_application_error(error: PlatformError) -> ApplicationError:
    """What a workflow sees of `error`: its message, its code as the type, and whether another attempt may help."""
    retryable = isinstance(error, Unavailable) or (isinstance(error, ProviderFailed) and error.retryable)
    delay = getattr(error, "retry_after_s", None) if retryable else None
    return ApplicationError(
        error.message,
        *([[f"{each.field}: {each.message}" for each in error.errors]] if error.errors else []),
        type=error.code.value,
        non_retryable=not retryable,
        next_retry_delay=timedelta(seconds=delay) if delay else None,
    )


class ClassifyErrors(Interceptor):
    """Gives every activity of a worker the same reading of errors. Anything that is not a `PlatformError` is a bug
    or a broken machine: it is logged in full, retried, and shown to nobody but staff."""

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
        except Exception:
            _log.exception("%s failed unexpectedly", activity.info().activity_type)
            raise
