"""A person who sends each request under one key until it is answered, and remembers every answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

import httpx
from pydantic import BaseModel

from api.bodies.auth import TokenOut
from deploy.local.demo.client import PREFIX

M = TypeVar("M", bound=BaseModel)
_PASSING = frozenset({500, 502, 503, 504})
"""A 500 is a fault of its own, and is told as one."""
_SLOWEST_S = 45.0
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class GaveUp(Exception):
    """The API does not answer for longer than anybody waits."""


@dataclass
class Write:
    """One request under one key. `event` is what the job's log calls it, of `language` where it is about one."""

    who: str
    method: str
    path: str
    event: str
    language: str | None = None
    key: str = field(default_factory=lambda: uuid4().hex)
    answers: list[tuple[float, str]] = field(default_factory=list)
    """(wall clock, status or the name of what cut it) of each attempt, in order."""
    body: Any = None
    """The last answer's JSON."""

    @property
    def status(self) -> int:
        return next((int(said) for _, said in reversed(self.answers) if said.isdecimal()), 0)

    @property
    def accepted(self) -> bool:
        return any(said.startswith("2") for _, said in self.answers)

    def __str__(self) -> str:
        answers = " ".join(said for _, said in self.answers)
        return f"{self.method} {self.path} by {self.who}, key {self.key[:8]}: {answers}"


class Caller:
    """One signed-in person; `patience_s` is how long they send a request again."""

    def __init__(self, url: str, email: str, password: str, patience_s: float) -> None:
        self.email, self._password, self._patience_s = email, password, patience_s
        self._http = httpx.AsyncClient(
            base_url=url + PREFIX, timeout=_SLOWEST_S, limits=httpx.Limits(max_connections=50)
        )
        self._token = ""
        self.id: UUID

    async def __aenter__(self) -> Self:
        await self.sign_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def sign_in(self) -> str:
        until = time.monotonic() + self._patience_s
        while True:
            try:
                answer = await self._http.post(
                    "/auth/login", json={"email": self.email, "password": self._password}
                )
                if answer.status_code == 200:
                    known = TokenOut.model_validate(answer.json())
                    self.id, self._token = known.user.id, known.access_token
                    return self._token
                said = f"{answer.status_code}: {answer.text[:200]}"
            except httpx.TransportError as error:
                said = repr(error)
            if time.monotonic() > until:
                raise GaveUp(f"{self.email} cannot sign in: {said}")
            await asyncio.sleep(0.5)

    async def get(self, path: str, kind: type[M]) -> M | None:
        """What `path` answers; None where it is gone."""
        asked = Write(self.email, "GET", path, "")
        await self._until_answered(asked, {})
        if asked.status == 404:
            return None
        assert asked.status == 200, (str(asked), asked.body)
        return kind.model_validate(asked.body)

    async def send(self, write: Write, chance: Random, **request: Any) -> Write:
        """Send it until it is answered: now and then twice at once, or with no patience for the first answer. What was
        accepted may be sent once more, and is accepted again."""
        request["headers"] = {"Idempotency-Key": write.key}
        mood = chance.random()
        if mood < 0.2:
            await self._once(write, {**request, "timeout": chance.uniform(0.02, 0.6)})
        if 0.2 <= mood < 0.35:
            await asyncio.gather(*(self._until_answered(write, request) for _ in range(2)))
        else:
            await self._until_answered(write, request)
        if write.accepted and mood > 0.8:
            await self._until_answered(write, request)
        return write

    async def _until_answered(self, write: Write, request: Mapping[str, Any]) -> None:
        until = time.monotonic() + self._patience_s
        while (answer := await self._once(write, request)) is None:
            if time.monotonic() > until:
                raise GaveUp(str(write))
        if answer.status_code != 204:
            write.body = answer.json()

    async def _once(self, write: Write, request: Mapping[str, Any]) -> httpx.Response | None:
        """The answer; None where it is to be sent again."""
        pause_s = 0.3
        headers = {**request.get("headers", _NOTHING), "Authorization": f"Bearer {self._token}"}
        try:
            answer = await self._http.request(write.method, write.path, **{**request, "headers": headers})
        except httpx.TransportError as error:
            write.answers.append((time.time(), type(error).__name__))
        else:
            write.answers.append((time.time(), str(answer.status_code)))
            if answer.status_code == 401:
                await self.sign_in()
                return None
            if answer.status_code not in _PASSING:
                return answer
            write.body = {"text": answer.text[:300]}
            pause_s = min(float(answer.headers.get("Retry-After", pause_s)), 3.0)
        await asyncio.sleep(pause_s)
        return None
