"""Groups of related activities, with their dependencies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from temporalio.client import Client

from activities.batches.window import Window
from activities.ports import Embedder
from schema.contracts.providers import ProviderCatalog
from schema.db import Database
from schema.object_store import ObjectStore
from schema.queries.kept import DELETED_KEPT
from schema.queries.sweeps import EVENTS_KEPT, REPLACED_KEPT
from schema.settings import Settings

Activities = Sequence[Callable[..., Any]]


def beside_workflows(database: Database, store: ObjectStore, profile: str) -> Activities:
    """The database activities of workflows, which take milliseconds. On the workflow's own queue, a worker with a free
    slot runs them at once (eager activities), without a round trip through the server's queues."""
    from activities.records import RecordActivities
    from workflows.start import start_mail, wake_webhook

    records = RecordActivities(database, store, profile, start_mail, wake_webhook)
    return [
        records.project_job,
        records.project_language,
        records.check_person,
        records.pin_texts,
        records.unlock_texts,
        records.ensure_source_text,
        records.request_cancel,
    ]


def keeping(database: Database, store: ObjectStore, profile: str) -> Activities:
    """Activities that also need the bucket, but no media."""
    from activities.records import RecordActivities

    records = RecordActivities(database, store, profile)
    return [records.publish_texts, records.verify_assets]


def telling(database: Database, settings: Settings) -> Activities:
    """The activities of webhooks."""
    from activities.webhooks.posting import Poster
    from activities.webhooks.sending import WebhookActivities

    poster = Poster(private=settings.webhook_private_addresses)
    steps = WebhookActivities(database, poster, settings.jwt_secret.get_secret_value())
    return [steps.take_webhook_events, steps.deliver_webhook]


def embedding(database: Database, embedder: Embedder) -> Activities:
    """The activities that embed the terms of glossaries."""
    from activities.embed import EmbedActivities

    steps = EmbedActivities(database, embedder)
    return [steps.embed_terms, steps.end_embedding]


def deciding(
    database: Database,
    temporal: Client,
    catalog: Callable[[], ProviderCatalog],
    window: Window = Window(),
) -> Activities:
    """The activities by which batches change rows and jobs."""
    from activities.batches.choosing import BatchActivities
    from activities.batches.deciding import DecidingActivities
    from workflows.updates import decide_job

    rows = BatchActivities(database, catalog)
    return [
        rows.open_batch,
        rows.choose_jobs,
        rows.record_batch,
        DecidingActivities(database, temporal, decide_job, catalog, window).decide_items,
    ]


def packing(database: Database, store: ObjectStore) -> Activities:
    from activities.batches.packing import PackingActivities

    return [PackingActivities(database, store).pack_download]


def sweeping(
    database: Database,
    temporal: Client,
    store: ObjectStore,
    events_kept: timedelta = EVENTS_KEPT,
    deleted_kept: timedelta = DELETED_KEPT,
    replaced_kept: timedelta = REPLACED_KEPT,
) -> Activities:
    """The activities of the sweeps."""
    from activities.maintenance.departures import DepartureActivities
    from activities.maintenance.digests import DigestActivities
    from activities.maintenance.expiry import ExpiryActivities
    from activities.maintenance.orphans import OrphanActivities
    from activities.maintenance.policy import PolicyActivities
    from activities.maintenance.purge import PurgeActivities
    from activities.maintenance.repair import RepairActivities
    from workflows.batches import start_batch
    from workflows.start import start_glossary, start_job, start_language, start_mail, wake_webhook

    orphans = OrphanActivities(
        database, temporal, start_job, start_language, start_mail, start_glossary, start_batch, wake_webhook
    )
    return [
        orphans.start_orphans,
        RepairActivities(database, temporal).repair_rows,
        DepartureActivities(database, temporal).unassign_gone,
        PolicyActivities(database, temporal).complete_by_policy,
        ExpiryActivities(database, store, events_kept, replaced_kept).expire_records,
        DigestActivities(database, temporal, start_mail).send_digests,
        PurgeActivities(database, store, deleted_kept).purge_jobs,
    ]
