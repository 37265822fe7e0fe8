"""Every error that a person may read. They are independent of HTTP; `api/errors.py` maps them.

`message` is one sentence that says what is wrong and what to do about it.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schema.codes import Code

FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT})
"""`OSError.errno` of faults of the machine rather than the file: once there is space, the same call may succeed."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with the input: `field` is a path such as `requested_outputs.languages.0`,
    `line 12` of a file, or `B7` of a sheet."""

    field: str
    message: str


class PlatformError(Exception):
    """The base. `code` is stable and for machines, `message` is for people."""

    code: Code = Code.INTERNAL

    def __init__(
        self, message: str, *, errors: Sequence[FieldError] = (), code: Code | None = None, **extra: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.errors = tuple(errors)
        self.extra = extra
        """Further fields of the error body, such as `state` and `allowed_actions`."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (
            type(self),
            self.message,
            self.__dict__,
        )  # errors are pickled to cross process boundaries


def in_full(error: PlatformError) -> str:
    """The message for a person at a command line: with the reason why something does not answer, which API clients are
    not told."""
    cause = error.__cause__
    reason = getattr(cause, "orig", None) or cause  # without what SQLAlchemy adds
    return f"{error.message} ({reason})" if isinstance(error, Unavailable) and cause else error.message


def _rebuild(kind: type[PlatformError], message: str, state: dict[str, Any]) -> PlatformError:
    error = kind.__new__(kind, message)
    error.__dict__.update(state)
    return error


class Invalid(PlatformError):
    """The input can be read but not accepted."""

    code = Code.INVALID


class Unauthenticated(PlatformError):
    code = Code.UNAUTHENTICATED


class Forbidden(PlatformError):
    """The caller sees the object but may not do this to it."""

    code = Code.FORBIDDEN


class NotFound(PlatformError):
    """There is no such object, or the caller may not see it. The two are indistinguishable."""

    code = Code.NOT_FOUND


class Conflict(PlatformError):
    """The state does not allow it, or somebody else was first."""

    code = Code.STATE


class PreconditionFailed(PlatformError):
    """The object has changed since the caller looked at it; `etag` is the current one."""

    code = Code.PRECONDITION_FAILED

    def __init__(self, message: str, *, etag: str | None = None) -> None:
        super().__init__(message)
        self.etag = etag


class Gone(PlatformError):
    """It existed but no longer does, such as an expired link."""

    code = Code.GONE


class TooLarge(PlatformError):
    code = Code.TOO_LARGE


class WrongType(PlatformError):
    code = Code.WRONG_TYPE


class Unreadable(PlatformError):
    """A body that does not match its declared type."""

    code = Code.UNREADABLE


class TooMany(PlatformError):
    """Rate limited. `retry_after_s` is in whole seconds."""

    code = Code.TOO_MANY_REQUESTS

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(PlatformError):
    """A part of the platform does not answer. Sending the same request again, with its key, is safe."""

    code = Code.UNAVAILABLE

    def __init__(self, message: str, *, retry_after_s: int = 2) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Misconfigured(PlatformError):
    """A setting is missing or wrong. Raised at start-up; names the setting."""

    code = Code.MISCONFIGURED


class MediaRefused(Invalid):
    """A file that is not a video we can serve. Trying again does not help."""

    code = Code.MEDIA_REFUSED


class TextRefused(Invalid):
    """A text (VTT, SRT, DAPT) that does not parse. `errors` name the lines."""

    code = Code.TEXT_REFUSED


class ProviderFailed(PlatformError):
    """An AI provider refused or failed. The adapter decides `retryable`; `retry_after_s` is the vendor's delay, if it
    gave one.

    `retryable` is decided once, in the adapter; `retry_after_s` is the vendor's own delay, where it gave one.
    """

    code = Code.PROVIDER_FAILED

    def __init__(self, message: str, *, retryable: bool, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.retry_after_s = retry_after_s
