"""What this store does not do, and says so instead of answering as if it did."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.local.storage.errors import StorageError, answer_error, is_json_api

_PARAMETERS = {
    "versions": "older generations",
    "softDeleted": "soft deletion",
    "matchGlob": "globs",
    "kmsKeyName": "encryption keys",
    "destinationKmsKeyName": "encryption keys",
    "predefinedAcl": "ACLs",
    "destinationPredefinedAcl": "ACLs",
}
_ENCRYPTION = ("x-goog-encryption-", "x-goog-copy-source-encryption-")


class Unsupported:
    """Answers 501 to a request of the JSON API that asks for such a thing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_json_api(scope["path"]):
            request = Request(scope)
            if asked := _asked(request):
                error = StorageError(501, "notImplemented", f"The local store has no {asked}.")
                await (await answer_error(request, error))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _asked(request: Request) -> str | None:
    for name, value in request.query_params.items():
        if name in _PARAMETERS and value not in ("", "false"):
            return _PARAMETERS[name]
    if any(name.startswith(_ENCRYPTION) for name in request.headers):
        return "encryption keys"
    return None
