"""The whole document as each role: whatever is sent, the answer is one that the document tells of, and never a 5xx.

Each operation is asked once as people would ask it (`tests/api/authorization`), then with what schemathesis makes of its
schema: what fits, and what does not. Half of the paths lead to things that there are. What it makes is made once, for
making takes longer than sending; the roles share it, each its part in turn. The same requests in every run.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from itertools import zip_longest
from random import Random
from typing import Any

import pytest
import pytest_asyncio
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from activities.storage import GoogleStorage
from api import openapi
from api.main import PREFIX
from api.parts import Parts
from schema.db import Database
from schema.enums import Role
from tests.api.authorization.made import entries, made
from tests.api.authorization.world import Entry, Ids, Whose, World, nothing
from tests.api.people import Person, sign_in
from tests.api.test_live import serving
from tests.factories import settings_for
from tests.fakes.steps import FakeSteps

CHECKS = [
    not_a_server_error,  # the first
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ENDS = ("POST /auth/logout", "POST /auth/logout-everywhere", "POST /auth/password")
"""End the sign-in that asks: each comes with one of its own."""
AWAY = {"websocket_status"}
"""No request: a handshake."""
ENTRIES = entries()
Drawn = list[tuple[Case, dict[str, Any]]]
"""Each with the parameters of its path as they were made."""


@dataclass(frozen=True, slots=True)
class Api:
    """The API on a port, and the things that there are."""

    world: World
    address: str
    operations: list[Any]
    _drawn: dict[tuple[str, GenerationMode, int], Drawn] = field(default_factory=dict)

    def drawn(self, operation: Any, mode: GenerationMode, count: int) -> Drawn:
        """So many requests that schemathesis makes of an operation's schema, the same whoever asks."""
        key = (operation.label, mode, count)
        if key not in self._drawn:
            self._drawn[key] = _examples(operation.as_strategy(generation_mode=mode), count)
        return self._drawn[key]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served(
    parts: Parts, database: Database, steps: FakeSteps, object_store: GoogleStorage, postgres_url: str
) -> AsyncIterator[Api]:
    """Behind a proxy that says for each role another address: what is throttled here throttles no other test."""
    steps.begin_test()
    behind = settings_for(
        postgres_url, trusted_proxies=["127.0.0.0/8"], **parts.settings.model_dump(include={
            "allowed_origins", "max_source_bytes", "max_small_upload_bytes",
        }),
    )  # fmt: skip
    async with (
        made(replace(parts, settings=behind), database, object_store) as world,
        serving(world.app) as (socket, _),
    ):
        address = socket.removeprefix("ws").removesuffix(f"{PREFIX}/ws/status")
        schema = schemathesis.openapi.from_dict(json.loads(openapi.PATH.read_text(encoding="utf-8")))
        operations = [result.ok() for result in schema.get_all_operations()]
        there = [each for each in operations if each.definition.raw["operationId"] not in AWAY]
        yield Api(world, f"http{address}", there)


@dataclass
class Fuzzing:
    """One role's requests, from a thread: the API answers in the test's event loop."""

    api: Api
    role: Role | None
    fitting: int
    """So many requests that fit are made of an operation, for all roles."""
    unfitting: int
    sent: int | None = None
    """So many of these does the role send, one that fits and one that does not in turn; None is all of them."""

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._client = requests.Session()
        self._random = Random(0)
        self.answered = Counter[int]()
        self._number = ROLES.index(self.role)
        self._client.headers["X-Forwarded-For"] = f"198.51.100.{self._number}"

    def run(self) -> list[str]:
        """What went wrong, an operation a line."""
        found = []
        for turn, operation in enumerate(self.api.operations, start=self._number):
            try:
                self._fuzz(operation, turn)
            except Exception as failure:
                found.append(f"{operation.method.upper()} {operation.path}: {_told(failure)}")
        return found

    def _fuzz(self, operation: Any, turn: int) -> None:
        route = f"{operation.method.upper()} {operation.path.removeprefix(PREFIX)}"
        name = next(name for name in ENTRIES if name.partition(" (")[0] == route)
        entry = ENTRIES[name]
        person = self._do(self._caller(entry, route))
        ids = self._do(
            entry.make(self.api.world, self.api.world.sites[Whose.OWN], person or self.api.world.admin)
        )
        headers = {"Authorization": f"Bearer {person.token}"} if person else {}
        self._send(self._as_people_do(operation, entry, ids), headers)

        fitting = self.api.drawn(operation, GenerationMode.POSITIVE, self.fitting)
        unfitting = self.api.drawn(operation, GenerationMode.NEGATIVE, self.unfitting)
        drawn = [each for pair in zip_longest(fitting, unfitting) for each in pair if each is not None]
        for number in range(len(drawn) if self.sent is None else min(self.sent, len(drawn))):
            case, path = drawn[(turn + number) % len(drawn)]
            there = {key: str(ids[key]) for key in path if key in ids}
            case.path_parameters = {**path, **(there if self._random.random() < 0.5 else {})}
            self._send(case, headers)

    def _as_people_do(self, operation: Any, entry: Entry, ids: Ids) -> Case:
        query = dict(each.split("=", 1) for each in entry.query(ids).split("&")) if entry.query else {}
        parameters = {key: str(value) for key, value in ids.items() if f"{{{key}}}" in operation.path}
        more: dict[str, Any] = {}
        if entry.body is not None:
            more = {"body": entry.body(ids), "media_type": "application/json"}
        return operation.Case(path_parameters=parameters, query=query, **more)

    async def _caller(self, entry: Entry, route: str) -> Person | None:
        if self.role is None:
            return None
        world = self.api.world
        if route in ENDS or (entry.make is not nothing and entry.own_each and route.startswith("POST /auth")):
            return await sign_in(world.http, await world.user(self.role, world.home.org.id))
        return world.home[self.role]

    def _send(self, case: Case, headers: dict[str, str]) -> None:
        answer = case.call(base_url=self.api.address, session=self._client, headers=headers, timeout=120)
        self._client.cookies.clear()
        self.answered[answer.status_code // 100] += 1
        late = answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE  # what a busy machine may answer
        case.validate_response(answer, checks=CHECKS[1:] if late else CHECKS)

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _examples(strategy: Any, count: int) -> Drawn:
    drawn: Drawn = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def each(case: Case) -> None:
        drawn.append((case, dict(case.path_parameters or {})))

    with suppress(Unsatisfiable):  # whatever is sent fits, such as to a route that takes nothing
        each()
    return drawn


def _told(failure: BaseException) -> str:
    """In a few lines: what was asked, and what came."""
    inner = getattr(failure, "exceptions", None)
    text = "\n".join(str(each) for each in inner) if inner else str(failure)
    return f"{type(failure).__name__}: {text[:1500]}"


ROLES = [None, *Role]
NAMES = [role.value if role else "anonymous" for role in ROLES]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("role", ROLES, ids=NAMES)
async def test_every_answer_is_documented(served: Api, role: Role | None) -> None:
    """Three minutes for all of them on two cores. An admin, whom nothing is refused, sends all that is made."""
    fuzzing = Fuzzing(served, role, fitting=3, unfitting=2, sent=None if role is Role.ADMIN else 1)
    found = await asyncio.to_thread(fuzzing.run)
    assert found == [], "\n\n".join(found)
    assert fuzzing.answered[4] > 100
    assert fuzzing.answered[2] > (50 if role is Role.ADMIN else 8), "what people do is among it"


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("role", ROLES, ids=NAMES)
async def test_every_answer_to_much_more_is_documented(served: Api, role: Role | None) -> None:
    found = await asyncio.to_thread(Fuzzing(served, role, fitting=100, unfitting=50).run)
    assert found == [], "\n\n".join(found)
