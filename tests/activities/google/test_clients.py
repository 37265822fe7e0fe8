"""Adapters made from the settings: in the place that was set, or an error at start-up that names what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.google import clients
from activities.google.describer import GeminiDescriber
from activities.google.gemini_voice import GeminiVoice
from activities.google.recognizer import GoogleRecognizer
from activities.google.translator import GeminiTranslator
from activities.google.voice import GoogleVoice
from schema.enums import VoiceProvider
from schema.errors import Misconfigured
from schema.load_settings import load
from schema.settings import Settings
from workers.providers import Providers

ADAPTERS = (GoogleRecognizer, GeminiDescriber, GeminiTranslator, GoogleVoice, GeminiVoice)


def settings(
    project: str | None = "a-project",
    location: str = "europe-west4",
    storage_endpoint: str | None = None,
    **more: str,
) -> Settings:
    local = dict.fromkeys(
        ("transcribe_provider", "describe_provider", "translate_provider", "voice_provider"), "local"
    )
    return load(
        database_url="postgresql+asyncpg://nobody@localhost/none",
        jwt_secret="x" * 32,
        google_project=project,
        google_location=location,
        storage_endpoint=storage_endpoint,
        **({} if project else local),
        **more,
    )


@pytest.fixture
def signed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    key = {"type": "authorized_user", "client_id": "id", "client_secret": "secret", "refresh_token": "token"}
    (tmp_path / "key.json").write_text(json.dumps(key))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    clients.credentials.cache_clear()
    yield
    clients.credentials.cache_clear()


@pytest.fixture
def signed_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    clients.credentials.cache_clear()
    yield
    clients.credentials.cache_clear()


@pytest.mark.filterwarnings("ignore:Your application has authenticated using end user credentials")
@pytest.mark.parametrize(
    ("location", "speech", "voice", "gemini"),
    [
        ("europe-west4", "europe-west4-speech.googleapis.com", "eu-texttospeech.googleapis.com", "eu"),
        ("us-central1", "us-central1-speech.googleapis.com", "us-texttospeech.googleapis.com", "us"),
        ("asia-southeast1", "asia-southeast1-speech.googleapis.com", "texttospeech.googleapis.com", "global"),
        ("global", "speech.googleapis.com", "texttospeech.googleapis.com", "global"),
    ],
)
@pytest.mark.usefixtures("signed_in")
async def test_clients_stay_in_the_part_of_the_world_that_was_set(
    location: str, speech: str, voice: str, gemini: str
) -> None:
    where = settings(location=location, speech_model="chirp_9")
    assert clients.speech_of(where).api_endpoint == speech
    assert clients.speaker_of(where).api_endpoint == voice
    client = clients.gemini_of(where)
    assert client._api_client.location == gemini
    client.close()
    assert all(adapter.of(where).name for adapter in ADAPTERS)


@pytest.mark.parametrize("location", ["global", "eu", "europe-west3"])
@pytest.mark.usefixtures("signed_in")
async def test_a_place_without_the_model_is_an_error_at_start_up(location: str) -> None:
    with pytest.raises(
        Misconfigured, match=rf"chirp_2 is not offered in GOOGLE_LOCATION {location}, but in us-central1"
    ):
        GoogleRecognizer.of(settings(location=location))


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.usefixtures("signed_out")
async def test_no_credentials_are_an_error_at_start_up(adapter: type[GoogleVoice]) -> None:
    with pytest.raises(Misconfigured, match="GOOGLE_APPLICATION_CREDENTIALS"):
        adapter.of(settings())


@pytest.mark.usefixtures("signed_in")
async def test_no_project_is_an_error_at_start_up() -> None:
    with pytest.raises(Misconfigured, match="GOOGLE_PROJECT"):
        GeminiTranslator.of(settings(project=None))


@pytest.mark.filterwarnings("ignore:Your application has authenticated using end user credentials")
@pytest.mark.usefixtures("signed_in")
async def test_google_is_sent_to_no_bucket_that_it_cannot_read() -> None:
    elsewhere = Providers(settings(storage_endpoint="http://127.0.0.1:9000"))
    with pytest.raises(Misconfigured, match=r"TRANSCRIBE_PROVIDER.*STORAGE_ENDPOINT"):
        _ = elsewhere.recognizer
    with pytest.raises(Misconfigured, match=r"DESCRIBE_PROVIDER.*STORAGE_ENDPOINT"):
        _ = elsewhere.describer
    assert elsewhere.translator.name == "gemini", "which is sent the text"
    assert Providers(settings()).recognizer.name == "google-speech"


@pytest.mark.filterwarnings("ignore:Your application has authenticated using end user credentials")
@pytest.mark.usefixtures("signed_in")
async def test_another_model_is_asked_and_makes_another_draft() -> None:
    ours = Providers(settings())
    theirs = Providers(
        settings(
            gemini_model="g-9",
            gemini_speech_model="g-9-tts",
            speech_model="chirp_9",
            speech_voice_model="Chirp9",
        )
    )
    assert "g-9" in theirs.describer.engine != ours.describer.engine
    assert "chirp_9" in theirs.recognizer.engine != ours.recognizer.engine
    for provider, model in ((VoiceProvider.GOOGLE, "Chirp9"), (VoiceProvider.GEMINI, "g-9-tts")):
        voice, other = theirs.voices[provider], ours.voices[provider]
        assert voice.models()[0] == model.lower() != other.models()[0]
        assert model in voice.speaker("en", None).engine != other.speaker("en", None).engine


async def test_doubles_are_asked_in_the_place_of_google_and_never_in_production() -> None:
    here = {"google_rest_endpoint": "http://127.0.0.1:1", "google_grpc_endpoint": "127.0.0.1:2"}
    with pytest.raises(
        Misconfigured, match="GOOGLE_REST_ENDPOINT may be set only where ENVIRONMENT is local"
    ):
        settings(**here)
    with pytest.raises(Misconfigured, match="set together"):
        settings(environment="test", google_grpc_endpoint="127.0.0.1:2")
    doubled = Providers(settings(environment="test", storage_endpoint="http://127.0.0.1:3", **here))
    assert doubled.recognizer.name == "google-speech", "without credentials"
    assert doubled.describer.name == "gemini", "which reads the store that we have"
    assert VoiceProvider.GOOGLE in doubled.voices
