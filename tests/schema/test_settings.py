"""What is wrong with the settings is said at start-up, by name."""

from __future__ import annotations

from typing import Any

import pytest

from schema.errors import Misconfigured
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
