"""What Temporal keeps is encrypted where there are keys, and readable beside what is plain."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.client import Client
from temporalio.worker import Worker

from activities.storage import GoogleStorage
from deploy.codec_server import create_app
from schema.contracts.sweeps import SweepInput, Swept
from schema.db import Database
from schema.enums import Sweep
from schema.errors import Misconfigured
from schema.queries import jobs
from tests.factories import make_job, settings_for
from tests.namespaces import own_namespace
from tests.workflows.platform import PLAIN
from workers.codec import EncryptingCodec
from workers.groups import sweeping
from workers.registry import POOLS, SANDBOX
from workers.wiring import connect_temporal
from workflows import names
from workflows.start import start_job

TITLE = "How the lighthouse got its light"
SWEEPS = names.Queue.SWEEPS


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def write_keys(path: Path, current: str, **keys: str) -> Path:
    path.write_text(json.dumps({"current": current, "keys": keys}))
    return path


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return write_keys(tmp_path / "keys.json", "new", old=key(), new=key())


@pytest_asyncio.fixture(loop_scope="session")
async def plain(temporal_client: Client) -> Client:
    return await own_namespace(temporal_client)


@pytest_asyncio.fixture(loop_scope="session")
async def sealed(plain: Client, keys: Path, postgres_url: str) -> Client:
    """As the wiring makes it."""
    address = plain.service_client.config.target_host
    settings = settings_for(
        postgres_url, temporal_address=address, temporal_namespace=plain.namespace, payload_keys=keys
    )
    return await connect_temporal(settings)


@pytest_asyncio.fixture(loop_scope="session")
async def sweeper(sealed: Client, database: Database, object_store: GoogleStorage) -> AsyncIterator[None]:
    async with Worker(
        sealed,
        task_queue=SWEEPS.value,
        workflows=POOLS[SWEEPS].workflows,
        workflow_runner=SANDBOX,
        activities=sweeping(database, sealed, object_store),
        build_id="tests",
    ):
        yield


async def sweep(client: Client) -> str:
    handle = await client.start_workflow(
        names.SWEEP_WORKFLOW,
        SweepInput(sweep=Sweep.EXPIRE_RECORDS),
        id=f"sweep-{uuid4()}",
        task_queue=SWEEPS.value,
        static_summary=TITLE,
        execution_timeout=timedelta(minutes=1),
        result_type=Swept,
    )
    assert isinstance(await handle.result(), Swept)
    return handle.id


async def history(client: Client, id: str) -> str:
    """As whoever reads Temporal's database sees it, with all that is base64 in it read."""
    kept = (await client.get_workflow_handle(id).fetch_history()).to_json()
    words = json.dumps(json.loads(kept))
    for part in set(filter(lambda each: len(each) > 20, words.split('"'))):
        try:
            words += base64.b64decode(part, validate=True).decode("latin-1")
        except ValueError:
            continue
    return words


async def test_nothing_is_readable_without_the_key(plain: Client, sealed: Client, sweeper: None) -> None:
    kept = await history(plain, await sweep(sealed))
    assert "binary/encrypted" in kept
    assert TITLE not in kept and "looked_at" not in kept and '{"sweep"' not in kept


async def test_what_was_plain_before_is_read_beside_it(plain: Client, sealed: Client, sweeper: None) -> None:
    """A workflow that began without a key goes on with one."""
    handle = await plain.start_workflow(
        names.SWEEP_WORKFLOW,
        SweepInput(sweep=Sweep.EXPIRE_RECORDS),
        id=f"sweep-{uuid4()}",
        task_queue=SWEEPS.value,
        execution_timeout=timedelta(minutes=1),
    )
    ended = sealed.get_workflow_handle(handle.id, result_type=Swept)
    assert isinstance(await ended.result(), Swept)


async def test_an_older_key_is_still_read_and_an_unknown_one_is_said(keys: Path, tmp_path: Path) -> None:
    told = json.loads(keys.read_text())["keys"]
    older = EncryptingCodec.from_file(write_keys(tmp_path / "older.json", "old", old=told["old"]))
    both = EncryptingCodec.from_file(keys)
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b'"words"')
    sealed_by_old = await older.encode([payload])
    assert await both.decode(sealed_by_old) == [payload]
    with pytest.raises(ValueError, match="no key"):
        await older.decode(await both.encode([payload]))
    changed = Payload.FromString(sealed_by_old[0].SerializeToString())
    changed.data = changed.data[:-1] + bytes([changed.data[-1] ^ 1])
    with pytest.raises(ValueError, match="was changed"):
        await both.decode([changed])


async def test_a_title_is_a_search_attribute_only_where_it_may_be_read(
    plain: Client, sealed: Client, database: Database
) -> None:
    for client, shown in ((plain, TITLE), (sealed, None)):
        job = await make_job(database, PLAIN)
        assert await start_job(client, jobs.job_ref(job), jobs.job_state(job), TITLE)
        described = await client.get_workflow_handle(f"job-{job.id}").describe()
        assert described.typed_search_attributes.get(names.TITLE) == shown
        assert await described.static_summary() == TITLE
        assert await described.memo_value("title") == TITLE


@pytest.mark.parametrize(
    "wrong",
    [
        "not json",
        '{"current": "a", "keys": {}}',
        '{"current": "a", "keys": {"a": "c2hvcnQ="}}',
        '{"keys": {}}',
        '["a"]',
    ],
)
def test_keys_that_are_none_are_said_at_the_start(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(wrong)
    with pytest.raises(Misconfigured, match="PAYLOAD_KEYS"):
        EncryptingCodec.from_file(path)
    with pytest.raises(Misconfigured, match="PAYLOAD_KEYS"):
        EncryptingCodec.from_file(tmp_path / "none.json")


async def test_the_codec_server_reads_for_the_ui(keys: Path) -> None:
    codec = EncryptingCodec.from_file(keys)
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b'"words"')
    asked = json_format.MessageToJson(Payloads(payloads=await codec.encode([payload])))
    transport = httpx.ASGITransport(create_app(codec))
    async with httpx.AsyncClient(transport=transport, base_url="http://codec") as client:
        answer = await client.post("/decode", content=asked)
        assert json_format.Parse(answer.text, Payloads()).payloads[0] == payload
        back = await client.post("/encode", content=answer.text)
        assert "binary/encrypted" in str(json_format.Parse(back.text, Payloads()))
        assert (await client.post("/decode", content='{"payloads": 3}')).status_code == 400
        assert (await client.post("/decode", content=b"\xff")).status_code == 400
