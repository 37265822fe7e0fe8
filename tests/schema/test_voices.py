"""What is kept of how fast a voice speaks."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from schema.contracts.outputs import TtsPreferences
from schema.db import Database
from schema.enums import VoiceProvider
from schema.plan.estimate import VoiceRate
from schema.queries import voices
from schema.tables import VoicePace
from tests.factories import make_project
from tests.fakes.catalog import CATALOG

ASKED = TtsPreferences(default_voice="amy", voices={"es": "ana"})
MINUTE = 60_000


async def keep(
    database: Database,
    org: UUID,
    characters: int,
    ms: int,
    *,
    language: str = "en",
    asked: TtsPreferences = ASKED,
) -> None:
    async with database.begin() as session:
        await voices.measured(
            session, org, VoiceProvider.LOCAL, asked, language, [("a" * characters, ms)] if characters else []
        )


async def pace(
    database: Database, org: UUID, *, language: str = "en", asked: TtsPreferences = ASKED
) -> VoiceRate | None:
    async with database.begin() as session:
        return await voices.pace_of(session, org, VoiceProvider.LOCAL, asked, language)


async def test_a_longer_measurement_replaces_a_shorter_one(database: Database) -> None:
    org = (await make_project(database))[0].id
    await keep(database, org, 0, 0)
    assert await pace(database, org) is None
    for characters, ms, expected in ((800, MINUTE, 800), (500, MINUTE, 800), (1200, MINUTE, 1200)):
        await keep(database, org, characters, ms)
        assert await pace(database, org) == VoiceRate(expected)


async def test_an_old_measurement_is_renewed(database: Database) -> None:
    org = (await make_project(database))[0].id
    await keep(database, org, 800, MINUTE)
    async with database.begin() as session:
        await session.execute(
            sa.update(VoicePace)
            .where(sa.column("org_id") == org)
            .values(measured_at=sa.func.now() - timedelta(days=31))
        )
    await keep(database, org, 700, MINUTE)
    assert await pace(database, org) == VoiceRate(700)


async def test_each_voice_language_and_organisation_has_its_own(database: Database) -> None:
    org, other = [(await make_project(database))[0].id for _ in range(2)]
    await keep(database, org, 800, MINUTE)
    await keep(database, org, 600, MINUTE, language="es")
    assert await pace(database, org, language="es") == VoiceRate(600)
    assert await pace(database, org, asked=TtsPreferences(default_voice="bob")) is None
    assert await pace(database, org, asked=ASKED.model_copy(update={"model": "large"})) is None
    assert await pace(database, other) is None


def test_a_voice_that_is_told_for_a_language_speaks_its_regions() -> None:
    """Where there is none nearer."""
    told = TtsPreferences(default_voice="amy", voices={"es": "ana", "es-AR": "eva", "zh-Hant": "mei"})
    codes = ("es", "es-MX", "es-AR", "zh-TW", "zh", "fr")
    assert [told.voice_for(code) for code in codes] == ["ana", "ana", "eva", "mei", "amy", "amy"]


def test_a_voice_is_refused_for_each_language_that_it_would_speak() -> None:
    told = TtsPreferences(provider=VoiceProvider.LOCAL, voices={"es": "nobody"})
    refused = CATALOG.voice_refusals(told, ("es-MX",))
    assert [each.field for each in refused] == ["requested_outputs.tts_preferences.voices.es"]
    assert "no voice nobody for es-MX" in refused[0].message
