"""Workers for every queue in this process: real workflows and records, and steps that take no time.

One set serves a whole session: two that poll the same queues would take each other's work.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any, Self

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.worker import Worker

from activities.errors import ClassifyErrors
from activities.local.ngrams import NgramEmbedder
from activities.mail.contents import Place
from activities.mail.outbox import MailActivities
from activities.storage import GoogleStorage
from activities.webhooks.patience import Patience
from activities.webhooks.posting import Poster
from activities.webhooks.sending import WebhookActivities
from schema.db import Database
from schema.errors import Unavailable
from schema.object_store import ObjectStore
from tests.factories import settings_for
from tests.fakes.catalog import CATALOG
from tests.fakes.steps import FakeSteps
from workers.groups import beside_workflows, deciding, embedding, keeping, packing, sweeping
from workers.registry import POOLS, SANDBOX
from workers.times import NoteTimes
from workflows import names
from workflows.inbound import GuardMessages

SOON = Patience((timedelta(milliseconds=200),), whole=timedelta(seconds=60), rarely=timedelta(0))
"""Of webhooks: what was not taken is tried again while a test waits."""
_THROTTLE = timedelta(milliseconds=200)
_LIMIT_S = 10.0
"""How long a batch waits for one job."""
_LEAVE_S = 120.0
_STICKY = timedelta(seconds=1)
"""How long what comes to a workflow waits for the worker that had it: those here go, and others come."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(postgres_url: str) -> AsyncIterator[Database]:
    connected = Database.connect(settings_for(postgres_url))
    yield connected
    await connected.close()


class Bucket:
    """The store that records use, which a test can take away: what asks then hears what a bucket that does not answer
    says."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._is_away = False

    @contextmanager
    def away(self) -> Iterator[None]:
        self._is_away = True
        try:
            yield
        finally:
            self._is_away = False

    def __getattr__(self, name: str) -> Any:
        if self._is_away:
            raise Unavailable("The bucket does not answer now.")
        return getattr(self._store, name)


class Mailbox:
    """Where the mails of a session land."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def send(self, message: EmailMessage) -> None:
        self.mails.append(message)

    def of(self, address: str) -> list[str]:
        """Subjects of what somebody got, in order."""
        return [str(mail["Subject"]) for mail in self.mails if address in str(mail["To"])]


class Workers:
    """One worker a queue, while it is entered. `steps` are those that they run."""

    def __init__(
        self,
        client: Client,
        database: Database,
        store: ObjectStore,
        without: Collection[names.Queue] = (),
    ) -> None:
        self.client = client
        self._queues = [queue for queue in names.Queue if queue not in without]
        self.steps = FakeSteps(database, store)
        self.bucket = Bucket(store)
        kept: Any = self.bucket
        self.mailbox = Mailbox()
        place = Place(
            "https://studio.example.org",
            settings_for("postgresql+asyncpg://nobody@localhost/none").jwt_secret.get_secret_value(),
        )
        mails = MailActivities(database, self.mailbox, place, "Studio <studio@example.org>")
        self.webhooks = WebhookActivities(database, Poster(private=True), place.secret, SOON)
        more = [
            mails.send_mail,
            self.webhooks.take_webhook_events,
            self.webhooks.deliver_webhook,
        ]
        self._make = partial(
            _worker, client=client, database=database, store=kept, steps=self.steps, telling=more
        )
        self._stack = AsyncExitStack()
        self._deciding = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for queue in self._queues:
            stack = self._deciding if queue is names.Queue.JOBS else self._stack
            await stack.enter_async_context(self._make(queue))
        return self

    async def __aexit__(self, *_: object) -> None:
        """A workflow that never rests would keep its worker: that fails, and does not wait for ever."""
        try:
            async with asyncio.timeout(_LEAVE_S):
                await self._deciding.aclose()
        finally:
            async with asyncio.timeout(_LEAVE_S):
                await self._stack.aclose()

    @asynccontextmanager
    async def nobody_decides(self) -> AsyncIterator[None]:
        """Workflows wait meanwhile: what comes to them arrives all at once afterwards. What they asked for goes on."""
        await self._deciding.aclose()
        try:
            async with self._make(names.Queue.JOBS, decides=False):
                yield
        finally:
            await self._deciding.enter_async_context(self._make(names.Queue.JOBS))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def fake_workers(
    temporal_client: Client, database: Database, object_store: GoogleStorage
) -> AsyncIterator[Workers]:
    async with Workers(temporal_client, database, object_store) as workers:
        yield workers


@pytest.fixture(scope="session")
def fake_steps(fake_workers: Workers) -> FakeSteps:
    """The steps that the session's workers run. Begin each test with `begin_test`."""
    return fake_workers.steps


def _worker(
    queue: names.Queue,
    client: Client,
    database: Database,
    store: ObjectStore,
    steps: FakeSteps,
    telling: Sequence[Callable[..., Any]],
    decides: bool = True,
) -> Worker:
    sweeps, beside = sweeping(database, client, store), beside_workflows(database, store, "netflix")
    recording = [
        steps.draft_captions,
        steps.flag_cues,
        *telling,
        *keeping(database, store, "netflix"),
        *beside,
        *sweeps,
    ]
    activities = {
        names.Queue.JOBS: beside,
        names.Queue.RECORDS: recording,
        names.Queue.SWEEPS: sweeps,
        names.Queue.EMBED: embedding(database, NgramEmbedder()),
        names.Queue.BATCHES: deciding(database, client, lambda: CATALOG),
        names.Queue.DOWNLOADS: packing(database, store),
    }
    return Worker(
        client,
        task_queue=queue.value,
        workflows=POOLS[queue].workflows if decides else (),
        workflow_runner=SANDBOX,
        activities=activities.get(queue, steps.activities()),
        interceptors=[NoteTimes(database), ClassifyErrors(), GuardMessages()],
        max_heartbeat_throttle_interval=_THROTTLE,
        default_heartbeat_throttle_interval=_THROTTLE,
        sticky_queue_schedule_to_start_timeout=_STICKY,
        build_id="tests",
    )
