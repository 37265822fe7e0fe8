"""A signed-in person. Requests survive an expired token and a restart of the API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

import httpx
from pydantic import BaseModel

from api.bodies.auth import TokenOut
from schema.enums import Role

PREFIX = "/api/v1"
PATIENCE_S = 60.0
"""How long a request is repeated while the API restarts."""
M = TypeVar("M", bound=BaseModel)


class Refused(Exception):
    """An error response. `detail` is the API's message, `body` the whole response."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status, self.body = status, body
        self.detail = str(body.get("detail") or f"The API answered {status}.")
        self.code = str(body.get("code") or "")
        super().__init__(self.detail)


class Person:
    """One seeded user. Every write carries an `Idempotency-Key`, so that sending it again is safe."""

    def __init__(
        self,
        url: str,
        email: str,
        name: str,
        password: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.email, self.name = email, name
        self._password = password
        self._http = httpx.AsyncClient(base_url=url + PREFIX, timeout=30, transport=transport)
        self.id: UUID
        self.role: Role
        self.token: str

    async def __aenter__(self) -> Self:
        await self.sign_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def sign_in(self) -> None:
        """By e-mail and password; the refresh token stays in the cookie jar."""
        body = {"email": self.email, "password": self._password}
        self._signed_in(_checked(await self._patiently("POST", "/auth/login", json=body)))

    async def renew(self) -> str:
        """Gets a fresh access token, with the cookie or, if that has expired, with the password."""
        answer = await self._patiently("POST", "/auth/refresh")
        if answer.is_success:
            self._signed_in(answer)
        else:
            await self.sign_in()
        return self.token

    def _signed_in(self, answer: httpx.Response) -> None:
        known = TokenOut.model_validate(answer.json())
        self.id, self.role, self.token = known.user.id, known.user.role, known.access_token

    async def get(self, path: str, kind: type[M], query: Mapping[str, str] | None = None) -> M:
        """Returns the response of a GET.

        Raises:
            Refused: the response is an error.
        """
        return kind.model_validate(_checked(await self._send("GET", path, params=query)).json())

    async def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """Returns the JSON of the response; errors as for `get`."""
        headers = {"Idempotency-Key": uuid4().hex}
        answer = await self._send(method, path, params=query, json=body, headers=headers)
        return _checked(answer).json()

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = request.pop("headers", {})
        for last in (False, True):
            bearer = {"Authorization": f"Bearer {self.token}", **headers}
            answer = await self._patiently(method, path, headers=bearer, **request)
            if answer.status_code != 401 or last:
                break
            await self.renew()
        return answer

    async def _patiently(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Sends a request, and repeats it while the API is unavailable or answers 503."""
        until = time.monotonic() + PATIENCE_S
        while True:
            wait_s = 0.5
            try:
                answer = await self._http.request(method, path, **request)
                if answer.status_code != 503 or time.monotonic() > until:
                    return answer
                wait_s = min(float(answer.headers.get("Retry-After", wait_s)), 5.0)
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(wait_s)


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        body = answer.json()
    except ValueError:
        body = {}
    raise Refused(answer.status_code, body if isinstance(body, dict) else {})
