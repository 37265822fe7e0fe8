"""The first person of an installation."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlmodel import col

from api.passwords import Passwords
from deploy.admin import create
from deploy.local.postgres import Postgres
from schema.db import Database
from schema.enums import Role
from schema.errors import Conflict, Invalid
from schema.tables import AuditEntry, User
from tests.factories import settings_for

GOOD = "harbour umbrella sixteen"
ROOT = Path(__file__).resolve().parents[2]
_LOCAL = {f"{step}_PROVIDER": "local" for step in ("TRANSCRIBE", "DESCRIBE", "TRANSLATE", "VOICE")}


@pytest_asyncio.fixture
async def empty(clean_database: str) -> AsyncIterator[Database]:
    database = Database.connect(settings_for(clean_database))
    yield database
    await database.close()


async def _admins(database: Database) -> list[User]:
    async with database.begin() as session:
        return list(await session.scalars(sa.select(User).where(col(User.role) == Role.ADMIN)))


async def test_the_first_admin_can_sign_in_and_is_on_record(empty: Database) -> None:
    made = await create(empty, " Ada@Studio.example ", "Ada", GOOD)
    (found,) = await _admins(empty)
    assert (found.id, found.email, found.name) == (made.id, "ada@studio.example", "Ada")
    assert await Passwords().matches(found.password_hash, GOOD)
    async with empty.begin() as session:
        (entry,) = await session.scalars(sa.select(AuditEntry))
    assert (entry.action, entry.security, entry.thing_id) == ("user.created", True, str(made.id))
    assert GOOD not in str(entry.after)


async def test_a_second_one_is_made_where_it_is_asked_for(empty: Database) -> None:
    await create(empty, "ada@studio.example", "Ada", GOOD)
    with pytest.raises(Conflict, match=r"ada@studio\.example"):
        await create(empty, "ben@studio.example", "Ben", GOOD)
    await create(empty, "ben@studio.example", "Ben", GOOD, another=True)
    with pytest.raises(Conflict, match="Somebody has"):
        await create(empty, "BEN@studio.example", "Ben", GOOD, another=True)
    assert len(await _admins(empty)) == 2


async def test_of_two_at_once_one_wins(empty: Database) -> None:
    both = (create(empty, f"{name}@studio.example", name, GOOD) for name in ("ada", "ben"))
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["Conflict", "User"]
    assert len(await _admins(empty)) == 1


@pytest.mark.parametrize("email", ["", "ada", "@studio.example", "ada@", "a da@studio.example", "a@b@c"])
async def test_what_is_no_address_is_refused(empty: Database, email: str) -> None:
    with pytest.raises(Invalid):
        await create(empty, email, "Ada", GOOD)
    assert await _admins(empty) == []


@pytest.mark.parametrize(
    "password",
    [
        "short one",
        "password1234",
        "aaaaaaaaaaaa",
        "qwertyuiop12",
        "ada@studio.example",
        "Ada Lovelace 1",
        "x" * 201,
    ],
)
async def test_a_password_that_is_easy_to_guess_is_refused(empty: Database, password: str) -> None:
    with pytest.raises(Invalid) as refused:
        await create(empty, "ada@studio.example", "Ada Lovelace", password)
    assert password not in refused.value.message
    assert await _admins(empty) == []


def _call(url: str, *arguments: str, password: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.admin", "create", "ada@studio.example", *arguments],
        input=password,
        stdin=None if password is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "JWT_SECRET": "s" * 32, **_LOCAL},
    )


async def test_the_command_takes_the_password_from_where_nobody_sees_it(
    empty: Database, tmp_path: Path
) -> None:
    url = empty.engine.url.render_as_string(hide_password=False)
    refused = await asyncio.to_thread(_call, url)
    assert refused.returncode == 1 and "--password-file" in refused.stderr
    file = tmp_path / "password"
    file.write_text(f"{GOOD}\n")
    made = await asyncio.to_thread(_call, url, "--password-file", str(file), "--name", "Ada")
    assert (made.returncode, made.stdout) == (0, "ada@studio.example is an admin, and may sign in.\n")
    again = await asyncio.to_thread(_call, url, "--password-file", "-", password=GOOD)
    assert again.returncode == 1 and "--another" in again.stderr
    (found,) = await _admins(empty)
    assert await Passwords().matches(found.password_hash, GOOD)


async def test_what_is_wrong_with_the_database_is_a_sentence(postgres: Postgres) -> None:
    name = "without_a_table"
    await postgres.create_database(name)
    try:
        bare = await asyncio.to_thread(_call, postgres.dsn(name), "--password-file", "-", password=GOOD)
    finally:
        await postgres.drop_database(name)
    assert (bare.returncode, bare.stdout) == (1, "")
    assert bare.stderr == "The database is not migrated: run `python -m schema.migrations upgrade` first.\n"
    gone = await asyncio.to_thread(_call, postgres.dsn(name), "--password-file", "-", password=GOOD)
    assert gone.returncode == 1 and f'database "{name}" does not exist' in gone.stderr
    away = "postgresql+asyncpg://us:hunter2@no-such-host.invalid/name"
    lost = await asyncio.to_thread(_call, away, "--password-file", "-", password=GOOD)
    assert lost.returncode == 1 and lost.stderr.startswith("The database does not answer now.")
    for told in (bare, gone, lost):
        assert len(told.stderr.splitlines()) == 1 and "hunter2" not in told.stderr


def test_a_password_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"\xff\xfe")
    told = _call("postgresql+asyncpg://us@host/name", "--password-file", str(file))
    assert (told.returncode, told.stderr) == (1, f"{file} is no text in UTF-8.\n")
