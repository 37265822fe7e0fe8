"""What Google answers, as errors that know whether to try again: through the clients, as they are."""

from __future__ import annotations

import socket

import grpc
import pytest
from google import genai
from google.auth.exceptions import RefreshError, TransportError
from google.genai.types import HttpOptions
from google.oauth2.credentials import Credentials
from starlette.responses import HTMLResponse

from activities.google.clients import gemini_client, gemini_place
from activities.google.errors import classified
from activities.google.gemini_voice import GeminiVoice
from activities.google.voice import GoogleVoice
from deploy.local.google.gemini import FakeGemini, refused
from deploy.local.google.text_to_speech import FakeTextToSpeech
from schema.errors import ProviderFailed
from tests.activities.contract.support import GEMINI_SPEECH, VOICE_FAMILY

PASSING = [
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.UNKNOWN,
]
LASTING = [
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED,
]


@pytest.mark.parametrize("code", [*PASSING, *LASTING], ids=lambda code: code.name)
async def test_grpc_codes_are_classified_and_asked_once(code: grpc.StatusCode) -> None:
    fake = FakeTextToSpeech(refusals=[(code, "It cannot be done.", None)] * 5)
    async with fake.client() as client:
        with pytest.raises(ProviderFailed, match=r"Cloud Text-to-Speech.*It cannot be done\.") as failed:
            await GoogleVoice(client, VOICE_FAMILY).speak("Hello there.", "en", None, None)
    assert failed.value.retryable is (code in PASSING)
    assert failed.value.retry_after_s is None
    assert len(fake.requests) == 1


async def test_grpc_delays_are_the_vendors() -> None:
    fake = FakeTextToSpeech(refusals=[(grpc.StatusCode.RESOURCE_EXHAUSTED, "Quota.", 37)])
    async with fake.client() as client:
        with pytest.raises(ProviderFailed) as failed:
            await GoogleVoice(client, VOICE_FAMILY).speak("Hello there.", "en", None, None)
    assert failed.value.retry_after_s == 37


@pytest.mark.parametrize(
    ("code", "retryable"),
    [
        (429, True),
        (500, True),
        (503, True),
        (504, True),
        (400, False),
        (401, False),
        (403, False),
        (404, False),
    ],
)
async def test_http_codes_are_classified_and_asked_once(code: int, retryable: bool) -> None:
    fake = FakeGemini(faults=[refused(code, "STATUS", "It cannot be done.", "12.5s")] * 5)
    async with fake.client() as client:
        with pytest.raises(ProviderFailed, match=rf"Gemini speech answered {code}: It cannot") as failed:
            await GeminiVoice(client, GEMINI_SPEECH).speak("Hello there.", "en", None, None)
    assert failed.value.retryable is retryable
    assert failed.value.retry_after_s == (12.5 if retryable else None)
    assert len(fake.requests) == 1


async def test_a_proxys_page_is_no_reason_for_a_person() -> None:
    page = "<!DOCTYPE html>\n<html lang=en><title>Error 502</title><p>That's an error." + "<p>More." * 500
    fake = FakeGemini(faults=[lambda _: HTMLResponse(page, status_code=502), lambda _: HTMLResponse(page)])
    async with fake.client() as client:
        for told in (
            "Gemini speech answered 502: Bad Gateway.",
            "Gemini speech gave an answer that is no JSON.",
        ):
            with pytest.raises(ProviderFailed) as failed:
                await GeminiVoice(client, GEMINI_SPEECH).speak("Hello there.", "en", None, None)
            assert (failed.value.message, failed.value.retryable) == (told, True)


async def test_a_reason_is_one_line_and_not_too_long() -> None:
    fake = FakeGemini(faults=[refused(400, "STATUS", "It is\n  too " + "long, " * 500)])
    async with fake.client() as client:
        with pytest.raises(ProviderFailed) as failed:
            await GeminiVoice(client, GEMINI_SPEECH).speak("Hello there.", "en", None, None)
    assert failed.value.message.startswith("Gemini speech answered 400: It is too long, long")
    assert len(failed.value.message) < 550


async def test_a_refused_sign_in_names_what_to_check() -> None:
    fake = FakeGemini(faults=[refused(403, "PERMISSION_DENIED", "No.")])
    async with fake.client() as client:
        with pytest.raises(ProviderFailed, match="GOOGLE_PROJECT"):
            await GeminiVoice(client, GEMINI_SPEECH).speak("Hello there.", "en", None, None)


async def test_what_cannot_be_reached_may_be_reached_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    client = genai.Client(
        enterprise=True,
        project="p",
        location="eu",
        credentials=Credentials(token="a-token"),
        http_options=HttpOptions(base_url=url),
    )
    with pytest.raises(ProviderFailed, match="Gemini speech could not be reached") as failed:
        await GeminiVoice(client, GEMINI_SPEECH).speak("Hello there.", "en", None, None)
    await client.aio.aclose()
    client.close()
    assert failed.value.retryable


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (TransportError("no route"), True),
        (RefreshError("later", retryable=True), True),
        (RefreshError("revoked"), False),
    ],
)
def test_sign_in_that_fails_is_classified(error: Exception, retryable: bool) -> None:
    with (
        pytest.raises(ProviderFailed, match="did not let us sign in to Gemini") as failed,
        classified("Gemini"),
    ):
        raise error
    assert failed.value.retryable is retryable


def test_a_bug_stays_a_bug() -> None:
    with pytest.raises(KeyError), classified("Gemini"):
        raise KeyError("ours")


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("europe-west4", "eu"),
        ("eu", "eu"),
        ("us-central1", "us"),
        ("asia-northeast1", "global"),
        ("global", "global"),
    ],
)
def test_gemini_stays_in_the_part_of_the_world_that_was_set(location: str, place: str) -> None:
    assert gemini_place(location) == place
    client = gemini_client("p", location, Credentials(token="a-token"))
    assert client._api_client.location == place
    client.close()
