"""What Google's client libraries raise, as `ProviderFailed`: retryable with the vendor's delay, or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from json import JSONDecodeError
from typing import Any

import httpx2  # what google-genai speaks HTTP with
from google.api_core.exceptions import GoogleAPICallError, from_grpc_status
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError
from google.genai.errors import APIError
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from schema.errors import ProviderFailed

_PASSING = frozenset({408, 409, 429, 499, 500, 502, 503, 504})
"""HTTP codes, and those that gRPC's map to, that another attempt may not meet: timeouts, aborted, quota, outages."""
_LONGEST = 500
"""Characters of a reason: people read it."""
_SECONDS = re.compile(r"^(\d+(?:\.\d+)?)s?$")


@contextmanager
def classified(service: str) -> Iterator[None]:
    """Around every call of a client library; `service` is what a person knows it by.

    Raises:
        ProviderFailed: for whatever Google or the way to it raised. Other errors pass through: they are bugs.
    """
    try:
        yield
    except GoogleAPICallError as error:
        raise _failed(service, int(error.code or 500), error.message, _grpc_delay(error.details)) from error
    except APIError as error:
        raise _failed(service, error.code, error.message or str(error), _http_delay(error)) from error
    except DefaultCredentialsError as error:
        raise ProviderFailed(
            f"There are no Google credentials for {service}: set GOOGLE_APPLICATION_CREDENTIALS, or run as a "
            f"service account.",
            retryable=False,
        ) from error
    except GoogleAuthError as error:
        passing = error.retryable or isinstance(error, TransportError)
        raise ProviderFailed(
            f"Google did not let us sign in to {service}: {error}", retryable=passing
        ) from error
    except JSONDecodeError as error:
        raise ProviderFailed(f"{service} gave an answer that is no JSON.", retryable=True) from error
    except (httpx2.RequestError, OSError) as error:
        named = str(error) or type(error).__name__
        raise ProviderFailed(f"{service} could not be reached: {named}", retryable=True) from error


def failed_status(service: str, status: Status) -> ProviderFailed:
    """The error that a finished operation carries."""
    error = from_grpc_status(status.code, status.message)
    return _failed(service, int(error.code or 500), status.message, _any_delay(status.details))


def _failed(service: str, code: int, message: str, delay_s: float | None) -> ProviderFailed:
    hint = " Check that the worker's credentials may use it in GOOGLE_PROJECT." if code in (401, 403) else ""
    passing = code in _PASSING
    return ProviderFailed(
        f"{service} answered {code}: {_reason(code, message).rstrip('.')}.{hint}",
        retryable=passing,
        retry_after_s=delay_s if passing else None,
    )


def _reason(code: int, message: str) -> str:
    """On one line. A proxy on the way answers with a page, which tells a person no more than its code."""
    told = " ".join(message.split())
    if told[:1] == "<":
        return (
            HTTPStatus(code).phrase if code in HTTPStatus.__members__.values() else "a page without a reason"
        )
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"


def _grpc_delay(details: Any) -> float | None:
    for detail in details or ():
        if isinstance(detail, RetryInfo):
            return float(detail.retry_delay.ToTimedelta().total_seconds())
    return None


def _any_delay(details: Any) -> float | None:
    info = RetryInfo()
    for detail in details:
        if detail.Unpack(info):
            return float(info.retry_delay.ToTimedelta().total_seconds())
    return None


def _http_delay(error: APIError) -> float | None:
    """From the error's RetryInfo, else from the header."""
    body = error.details if isinstance(error.details, dict) else {}
    inner = body["error"] if isinstance(body.get("error"), dict) else body
    given = [detail.get("retryDelay") for detail in inner.get("details") or () if isinstance(detail, dict)]
    headers = getattr(error.response, "headers", None) or {}
    for value in (*given, headers.get("retry-after")):
        found = _SECONDS.match(str(value))
        if found:
            return float(found[1])
    return None
