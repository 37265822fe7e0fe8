"""The fixtures that other tests stand on."""

from __future__ import annotations

import asyncpg
from temporalio.client import Client

from activities.storage import GoogleStorage


async def rows(url: str) -> int:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval("select count(*) from organizations")  # type: ignore[no-any-return]
    finally:
        await connection.close()


async def add(url: str, name: str) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute(
            "insert into organizations (id, name, name_key) values (gen_random_uuid(), $1, $1)", name
        )
    finally:
        await connection.close()


async def test_the_sessions_database_is_migrated_and_can_be_written(clean_database: str) -> None:
    await add(clean_database, "one")
    assert await rows(clean_database) == 1


async def test_the_next_test_finds_it_empty(clean_database: str) -> None:
    assert await rows(clean_database) == 0


async def test_a_database_of_ones_own_is_apart(clean_database: str, own_database: str) -> None:
    await add(own_database, "two")
    assert (await rows(own_database), await rows(clean_database)) == (1, 0)


async def test_temporal_knows_our_search_attributes(temporal_client: Client) -> None:
    assert (await temporal_client.count_workflows("JobStatus = 'created' and NeedsHuman = true")).count == 0


async def test_the_object_store_answers_through_googles_client(object_store: GoogleStorage) -> None:
    await object_store.write("fixtures/word", b"word", "text/plain")
    assert await object_store.read("fixtures/word") == b"word"
    assert await object_store.healthy()
