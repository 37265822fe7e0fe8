"""Answers other than success, in the two dialects of the service: JSON for its API, XML for object URLs."""

from __future__ import annotations

from typing import Literal
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Reason = Literal[
    "conflict", "conditionNotMet", "forbidden", "invalid", "notFound", "notModified",
    "requestedRangeNotSatisfiable", "backendError", "uploadBrokenConnection", "clientClosedRequest",
    "SignatureDoesNotMatch", "ExpiredToken", "AccessDenied", "notImplemented",
]  # fmt: skip

_XML_CODES: dict[str, str] = {
    "conditionNotMet": "PreconditionFailed",
    "conflict": "Conflict",
    "forbidden": "AccessDenied",
    "invalid": "InvalidArgument",
    "notFound": "NoSuchKey",
    "requestedRangeNotSatisfiable": "InvalidRange",
}


class StorageError(Exception):
    """`status` is HTTP's, `reason` the JSON API's word for it."""

    def __init__(self, status: int, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.headers: dict[str, str] = {}


def no_object(bucket: str, name: str) -> StorageError:
    return StorageError(404, "notFound", f"No such object: {bucket}/{name}")


def no_bucket(bucket: str) -> StorageError:
    return StorageError(404, "notFound", f"The specified bucket does not exist: {bucket}")


def invalid(message: str) -> StorageError:
    return StorageError(400, "invalid", message)


def is_json_api(path: str) -> bool:
    """Whether a path belongs to the JSON API; everything else is `/bucket/object`."""
    return path.startswith(("/storage/v1/", "/upload/storage/v1/", "/download/storage/v1/"))


async def answer_error(request: Request, error: Exception) -> Response:
    """Starlette's exception handler for `StorageError`."""
    assert isinstance(error, StorageError)
    if error.status == 304 or request.method == "HEAD":
        return Response(status_code=error.status, headers=error.headers)
    if is_json_api(request.url.path):
        detail = {"message": error.message, "domain": "global", "reason": error.reason}
        body = {"error": {"code": error.status, "message": error.message, "errors": [detail]}}
        return JSONResponse(body, error.status, headers=error.headers)
    code = _XML_CODES.get(error.reason, error.reason)
    xml = (
        "<?xml version='1.0' encoding='UTF-8'?>"
        f"<Error><Code>{escape(code)}</Code><Message>{escape(error.message)}</Message></Error>"
    )
    return Response(xml, error.status, headers=error.headers, media_type="application/xml")
