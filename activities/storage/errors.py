"""Maps errors of Cloud Storage to the platform's own."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

import requests
import urllib3
from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.cloud.storage.exceptions import DataCorruption

from schema.errors import Conflict, Misconfigured, NotFound, PlatformError, Unavailable

_TRANSIENT = (
    api.TooManyRequests,
    api.ServerError,
    api.RetryError,
    auth.TransportError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    ConnectionError,
    TimeoutError,
    DataCorruption,
)


@contextmanager
def classified(bucket: str, name: str) -> Iterator[None]:
    """Raises the platform's error for the client library's error about one object, or a prefix. A 400, or a mistake of
    ours, is passed on."""
    try:
        yield
    except api.NotFound as error:
        raise _not_found(bucket, name, str(error)) from error
    except api.PreconditionFailed as error:
        raise taken(bucket, name) from error
    except (api.Forbidden, api.Unauthorized) as error:
        raise refused(bucket, str(error)) from error
    except auth.RefreshError as error:
        raise (unavailable(error) if error.retryable else refused(bucket, str(error))) from error
    except auth.GoogleAuthError as error:
        if isinstance(error, _TRANSIENT):
            raise unavailable(error) from error
        raise refused(bucket, str(error)) from error
    except _TRANSIENT as error:
        raise unavailable(error) from error


def of_response(bucket: str, name: str, response: requests.Response) -> PlatformError:
    """The same for an error response."""
    try:
        with classified(bucket, name):
            raise api.from_http_response(response)
    except PlatformError as error:
        return error


def taken(bucket: str, name: str) -> Conflict:
    return Conflict(f"gs://{bucket}/{name} exists already, or was replaced meanwhile.")


def refused(bucket: str, why: str) -> Misconfigured:
    return Misconfigured(f"Cloud Storage refuses our credentials for gs://{bucket}: {why}")


def unavailable(error: Exception) -> Unavailable:
    return Unavailable(f"The object store does not answer, or not rightly ({type(error).__name__}: {error}).")


def _not_found(bucket: str, name: str, why: str) -> PlatformError:
    if "bucket does not exist" in why:
        return Misconfigured(f"There is no bucket {bucket!r}: make it, or correct the setting that names it.")
    return NotFound(f"There is no object gs://{bucket}/{name}.")
