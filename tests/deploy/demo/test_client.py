"""A signed-in person while tokens end and the API restarts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest

from api.bodies.health import Live
from deploy.local.demo import client
from deploy.local.demo.client import Person, Refused
from deploy.local.demo.show import unmakeable

USER = {"id": str(uuid4()), "email": "a@example.com", "role": "client"}


class Api:
    """Signs in and refreshes; every other path is `answer`'s."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.answer = answer
        self.tokens = 0
        self.refreshes = True
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        if path == "/auth/login" or (path == "/auth/refresh" and self.refreshes):
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"t{self.tokens}", "user": USER})
        if path == "/auth/refresh":
            return httpx.Response(401, json={"detail": "no"})
        self.seen.append(request)
        return self.answer(request)


@asynccontextmanager
async def person(api: Api) -> AsyncIterator[Person]:
    async with Person("http://api", "a@example.com", "A", "secret", httpx.MockTransport(api)) as made:
        yield made


def only_token(token: str) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        right = request.headers["Authorization"] == f"Bearer {token}"
        return httpx.Response(200 if right else 401, json={"status": "ok"})

    return answer


async def test_an_ended_token_is_renewed_once_and_the_request_sent_again() -> None:
    api = Api(only_token("t2"))
    async with person(api) as someone:
        assert await someone.get("/live", Live) == Live()
    assert [each.headers["Authorization"] for each in api.seen] == ["Bearer t1", "Bearer t2"]


async def test_without_a_cookie_the_password_signs_in_again() -> None:
    api = Api(only_token("t2"))
    api.refreshes = False
    async with person(api) as someone:
        await someone.get("/live", Live)
        assert someone.token == "t2"


async def test_a_token_that_is_never_right_is_refused_and_not_asked_for_ever() -> None:
    api = Api(only_token("never"))
    async with person(api) as someone:
        with pytest.raises(Refused) as refused:
            await someone.get("/live", Live)
    assert refused.value.status == 401
    assert len(api.seen) == 2


async def test_a_write_is_sent_again_under_its_own_key_while_the_api_is_away() -> None:
    answers = [
        httpx.ConnectError("away"),
        httpx.Response(503, headers={"Retry-After": "0"}),
        httpx.Response(200, json={"done": True}),
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        following = answers.pop(0)
        if isinstance(following, Exception):
            raise following
        return following

    api = Api(answer)
    async with person(api) as someone:
        assert await someone.write("POST", "/jobs/1/retry", {"language": "es"}) == {"done": True}
        answers.append(httpx.Response(200, json={}))
        await someone.write("POST", "/jobs/1/retry")
    first, *others = [each.headers["Idempotency-Key"] for each in api.seen]
    assert others[:2] == [first, first]
    assert others[2] != first


async def test_the_api_that_stays_away_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PATIENCE_S", -1.0)

    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away")

    async with person(Api(away)) as someone:
        with pytest.raises(httpx.ConnectError):
            await someone.get("/live", Live)


def refusal(status: int, *fields: str) -> Refused:
    return Refused(status, {"errors": [{"field": field, "message": f"why {field}"} for field in fields]})


def test_only_languages_that_cannot_be_made_are_left_out() -> None:
    place = "requested_outputs.languages"
    assert unmakeable(refusal(400, f"{place}.1", f"{place}.3")) == {
        1: f"why {place}.1",
        3: f"why {place}.3",
    }
    assert unmakeable(refusal(400, f"{place}.1", "requested_outputs.tts_preferences.provider")) == {
        1: f"why {place}.1"
    }
    assert unmakeable(refusal(400, "source_language")) == {}
    assert unmakeable(refusal(403, f"{place}.1")) == {}
    assert unmakeable(refusal(400)) == {}
