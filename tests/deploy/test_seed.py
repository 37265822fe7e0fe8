"""The seeded users: once, in every role, and never in production."""

from __future__ import annotations

import asyncpg
import pytest
from argon2 import PasswordHasher

from deploy.local import seed
from schema.enums import Role
from schema.errors import Misconfigured

PASSWORD = "one-for-all"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, clean_database: str) -> str:
    monkeypatch.setenv("DATABASE_URL", clean_database)
    monkeypatch.setenv("ENVIRONMENT", "test")
    monkeypatch.setenv("JWT_SECRET", "j" * 32)
    monkeypatch.setenv("SEED_PASSWORD", PASSWORD)
    for step in ("TRANSCRIBE", "DESCRIBE", "TRANSLATE", "VOICE"):
        monkeypatch.setenv(f"{step}_PROVIDER", "local")
    return clean_database.replace("+asyncpg", "")


async def test_there_is_somebody_of_every_role_who_can_sign_in(environment: str) -> None:
    await seed.main()
    connection = await asyncpg.connect(environment)
    users = await connection.fetch("select role, password_hash from users")
    await connection.close()
    assert {user["role"] for user in users} == set(Role)
    assert all(PasswordHasher().verify(user["password_hash"], PASSWORD) for user in users)


async def test_a_second_time_changes_nothing_that_a_person_changed(environment: str) -> None:
    await seed.main()
    connection = await asyncpg.connect(environment)
    await connection.execute("update users set name = 'Somebody else' where email = 'client@example.com'")
    counts = "select (select count(*) from team_members), (select count(*) from glossary_terms)"
    before = await connection.fetchrow(counts)
    await seed.main()
    after = await connection.fetchrow(counts)
    name = await connection.fetchval("select name from users where email = 'client@example.com'")
    await connection.close()
    assert before == after == (4, len(seed.TERMS))
    assert name == "Somebody else"


async def test_the_clients_glossary_is_active(environment: str) -> None:
    await seed.main()
    connection = await asyncpg.connect(environment)
    terms = await connection.fetch(
        "select source, targets from glossary_terms join glossaries on active_version_id = version_id"
    )
    await connection.close()
    assert {term["source"] for term in terms} == {term["source"] for term in seed.TERMS}


async def test_production_is_refused(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(Misconfigured, match="ENVIRONMENT must be local or test"):
        await seed.main()
