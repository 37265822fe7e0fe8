"""What is wrong with the settings is said at start-up, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schema.errors import Misconfigured
from schema.load_settings import database_url, load
from tests.factories import settings_for

URL = "postgresql+asyncpg://nobody@localhost/none"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"jwt_secret": "short"}, "JWT_SECRET"),
        ({"voice_provider": "google"}, "GOOGLE_PROJECT"),
        ({"environment": "production"}, "COOKIE_SECURE"),
        ({"quality_profile": "nobody"}, "QUALITY_PROFILE is one of netflix"),
        ({"signed_url_s": 1}, "SIGNED_URL_S"),
        ({"gemini_model": ""}, "GEMINI_MODEL"),
        ({"gemini_speech_model": "models/x"}, "GEMINI_SPEECH_MODEL"),
        ({"speech_model": "chirp 2"}, "SPEECH_MODEL"),
        ({"speech_voice_model": "Kore/.."}, "SPEECH_VOICE_MODEL"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        settings_for(URL, **wrong)


def test_production_keeps_its_cookies_from_plain_http() -> None:
    assert settings_for(URL, environment="production", cookie_secure=True).cookie_secure


REQUIRED = {
    "DATABASE_URL": URL,
    "JWT_SECRET": "a secret of this test that nobody reads",
    "GOOGLE_PROJECT": "of-nobody",
}


@pytest.fixture
def required(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.chdir(tmp_path)  # where no .env is
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_ORIGINS", "https://studio.example.org"),
        ("ALLOWED_ORIGINS", '"https://studio.example.org"'),
        ("ALLOWED_ORIGINS", '["https://studio.example.org/"]'),
        ("ALLOWED_ORIGINS", '["*"]'),
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
        ("TRUSTED_PROXIES", '["10.0.0.1/8"]'),
        ("MICROSOFT_TENANTS", "a-tenant"),
        ("LOG_LEVEL", "loud"),
        ("DATABASE_URL", "postgres://somebody:hunter2@host/name"),
        ("DATABASE_URL", "postgresql+asyncpg://somebody:hunter2@host:port/name"),
        ("DATABASE_URL", "postgresql+asyncpg://somebody:hunter2@host"),
        ("TEMPORAL_ADDRESS", "temporal"),
        ("TEMPORAL_ADDRESS", "https://temporal:7233"),
        ("STORAGE_ENDPOINT", "localhost:8013"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("FRONTEND_URL", "studio.example.org"),
        ("ROOT_PATH", "video"),
        ("ROOT_PATH", "/video/"),
        ("MAIL_FROM", "The studio"),
        ("MAIL_FROM", "The studio <studio>"),
        ("ACCESS_TOKEN_S", "0"),
        ("REFRESH_TOKEN_S", "99999999999999"),
        ("REFRESH_GRACE_S", "-1"),
        ("INVITATION_S", "-1"),
        ("SHARE_S", str(367 * 86_400)),
        ("EVENTS_KEPT_DAYS", "99999999999"),
        ("UPDATE_WAIT_S", "nan"),
        ("SMTP_TIMEOUT_S", "0"),
        ("MAX_SOURCE_BYTES", "-1"),
        ("TRANSCRIBE_RATE_PER_S", "0"),
        ("VOICE_RATE_PER_S", "inf"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(required: pytest.MonkeyPatch, name: str, value: str) -> None:
    required.setenv(name, value)
    with pytest.raises(Misconfigured, match=rf"wrong\. {name}(\[0\])?: ") as refused:
        load()
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"SMTP_HOST": "mail.example.org"}, "FRONTEND_URL"),
        (
            {
                "SMTP_HOST": "mail.example.org",
                "FRONTEND_URL": "https://studio.example.org",
                "SMTP_USER": "us",
            },
            "SMTP_PASSWORD",
        ),
        ({"MICROSOFT_CLIENT_ID": "an-application"}, "MICROSOFT_TENANTS"),
        ({"COOKIE_SAMESITE": "none", "ENVIRONMENT": "local", "COOKIE_SECURE": "false"}, "COOKIE_SECURE"),
    ],
)
def test_what_needs_another_setting_names_it(
    required: pytest.MonkeyPatch, given: dict[str, str], missing: str
) -> None:
    for name, value in given.items():
        required.setenv(name, value)
    with pytest.raises(Misconfigured, match=missing):
        load()


def test_an_empty_variable_is_absent(required: pytest.MonkeyPatch) -> None:
    """As a compose file or a chart leaves one that nobody has set."""
    for name in (
        "SMTP_HOST",
        "METRICS_PORT",
        "STORAGE_ENDPOINT",
        "TEMPORAL_API_KEY",
        "PAYLOAD_KEYS",
        "ALLOWED_ORIGINS",
    ):
        required.setenv(name, "")
    made = load()
    assert (made.smtp_host, made.metrics_port, made.storage_endpoint) == (None, None, None)
    assert (made.temporal_api_key, made.payload_keys, made.allowed_origins) == (None, None, ())
    required.setenv("JWT_SECRET", "")
    with pytest.raises(Misconfigured, match="JWT_SECRET: Field required"):
        load()


def test_words_of_settings_are_taken_in_any_case(required: pytest.MonkeyPatch) -> None:
    required.setenv("LOG_LEVEL", "info")
    required.setenv("ALLOWED_ORIGINS", '["https://Studio.example.org:8443"]')
    made = load()
    assert (made.log_level, made.allowed_origins) == ("INFO", ("https://studio.example.org:8443",))


def test_a_migration_needs_the_database_alone_and_reads_env(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(Misconfigured, match="DATABASE_URL"):
        database_url()
    (tmp_path / ".env").write_text(f"DATABASE_URL={URL}\n")
    assert database_url() == URL
