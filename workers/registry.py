"""The registry of worker pools: queue to workflows and activities."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    PollerBehavior,
    PollerBehaviorAutoscaling,
    PollerBehaviorSimpleMaximum,
    Worker,
    WorkerDeploymentConfig,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.batches.window import Window
from activities.errors import ClassifyErrors
from schema.settings import Settings
from workers.grace import grace_of
from workers.groups import (
    Activities,
    beside_workflows,
    deciding,
    embedding,
    keeping,
    packing,
    sweeping,
    telling,
)
from workers.interceptors import HeedTheEnd, SayIds
from workers.times import NoteTimes
from workers.wiring import Platform
from workflows.batch import BatchWorkflow
from workflows.download import DownloadWorkflow
from workflows.glossary import GlossaryWorkflow
from workflows.inbound import GuardMessages
from workflows.job import JobWorkflow
from workflows.language import LanguageWorkflow
from workflows.mail import MailWorkflow
from workflows.maintenance import MaintenanceWorkflow
from workflows.names import Queue
from workflows.preview import PreviewWorkflow
from workflows.scheduled import ScheduledBatchWorkflow
from workflows.sweeps import SweepWorkflow
from workflows.webhook import WebhookWorkflow

WORKFLOWS: tuple[type, ...] = (
    JobWorkflow,
    LanguageWorkflow,
    GlossaryWorkflow,
    MailWorkflow,
    MaintenanceWorkflow,
    PreviewWorkflow,
    SweepWorkflow,
    BatchWorkflow,
    DownloadWorkflow,
    ScheduledBatchWorkflow,
    WebhookWorkflow,
)
"""The workflows of every queue, with which recorded histories are replayed."""
SANDBOX = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules("schema", "workflows")
)
"""The sandbox is on, but our own modules are not reloaded for every workflow: they have no state, and tests replay
them."""
_THROTTLE = timedelta(seconds=1)
"""How long a heartbeat may be throttled. A cancellation arrives with the answer to a heartbeat."""
DEPLOYMENT = "accessible-video"
"""Deployment name for worker versioning: all pools together are one deployment."""
_UNVERSIONED = "unversioned"
"""The SDK would otherwise hash all loaded code: a third of a second at each start."""


@dataclass(frozen=True, slots=True)
class Pool:
    """`slots` is how many activities one worker runs at once. None means one per core, for CPU-bound work."""

    activities: Callable[[Platform], Activities]
    slots: int | None
    rate_setting: str | None = None
    """The setting that limits the rate of the whole queue to a provider's quota."""
    children: tuple[str, ...] = ()
    """Modules whose work runs in child processes (`activities.running.child`)."""
    workflows: tuple[type, ...] = ()


def _jobs(platform: Platform) -> Activities:
    return beside_workflows(platform.database, platform.store, platform.settings.quality_profile)


def _records(platform: Platform) -> Activities:
    """The records activities, and those that runs of older builds call here: now beside workflows, or in the sweeps."""
    from activities.captions import CaptionActivities

    kept = keeping(platform.database, platform.store, platform.settings.quality_profile)
    captions = CaptionActivities(platform.kit())
    return [
        captions.draft_captions,
        captions.flag_cues,
        platform.mails().send_mail,
        *telling(platform.database, platform.settings),
        *kept,
        *_jobs(platform),
        *_sweeps(platform),
    ]


def _sweeps(platform: Platform) -> Activities:
    events_kept = timedelta(days=platform.settings.events_kept_days)
    deleted_kept = timedelta(days=platform.settings.deleted_kept_days)
    replaced_kept = timedelta(days=platform.settings.replaced_kept_days)
    return sweeping(
        platform.database, platform.temporal, platform.store, events_kept, deleted_kept, replaced_kept
    )


def _batches(platform: Platform) -> Activities:
    window = Window(platform.settings.batch_jobs_at_work)
    return deciding(platform.database, platform.temporal, platform.providers.catalog, window)


def _downloads(platform: Platform) -> Activities:
    return packing(platform.database, platform.store)


def _probe(platform: Platform) -> Activities:
    from activities.media.probing.probe import Limits
    from activities.probe import ProbeActivities

    settings = platform.settings
    limits = Limits(max_bytes=settings.max_source_bytes, max_duration_ms=settings.max_duration_s * 1000)
    steps = ProbeActivities(
        platform.kit(),
        limits,
        platform.providers.detector,
        constant_frame_rate=settings.constant_frame_rate,
    )
    return [steps.probe_source, steps.find_scenes]


def _transcribe(platform: Platform) -> Activities:
    from activities.transcribe import TranscribeActivities

    providers = platform.providers
    steps = TranscribeActivities(platform.kit(), providers.recognizer, providers.detector, providers.namer)
    return [steps.transcribe_speech, steps.hear_dub]


def _describe(platform: Platform) -> Activities:
    from activities.describe import DescribeActivities

    steps = DescribeActivities(platform.kit(), platform.providers.describer, platform.providers.text_model)
    return [steps.watch_scenes, steps.place_descriptions]


def _translate(platform: Platform) -> Activities:
    from activities.translate import TranslateActivities

    providers = platform.providers
    return [TranslateActivities(platform.kit(), providers.translator, providers.embedder).translate_texts]


def _embed(platform: Platform) -> Activities:
    return embedding(platform.database, platform.providers.embedder)


def _synthesize(platform: Platform) -> Activities:
    from activities.preview import PreviewActivities
    from activities.synthesize import SynthesizeActivities

    kit, voices = platform.kit(), platform.providers.voices
    return [
        SynthesizeActivities(kit, voices).synthesize_descriptions,
        PreviewActivities(kit, voices).speak_preview,
    ]


def _mux(platform: Platform) -> Activities:
    from activities.mux import MuxActivities

    settings = platform.settings
    mux = MuxActivities(
        platform.kit(), constant_frame_rate=settings.constant_frame_rate, verified=settings.verify_renders
    )
    return [mux.mux_accessible_video]


POOLS: dict[Queue, Pool] = {
    Queue.JOBS: Pool(
        _jobs,
        slots=20,
        workflows=(
            JobWorkflow,
            LanguageWorkflow,
            GlossaryWorkflow,
            MailWorkflow,
            MaintenanceWorkflow,
            PreviewWorkflow,
            WebhookWorkflow,
        ),
    ),
    Queue.RECORDS: Pool(_records, slots=20),
    Queue.SWEEPS: Pool(_sweeps, slots=3, workflows=(SweepWorkflow,)),
    Queue.EMBED: Pool(_embed, slots=4, rate_setting="embed_rate_per_s"),
    Queue.BATCHES: Pool(
        _batches, slots=8, workflows=(BatchWorkflow, DownloadWorkflow, ScheduledBatchWorkflow)
    ),
    Queue.DOWNLOADS: Pool(_downloads, slots=2),
    Queue.PROBE: Pool(
        _probe, slots=None, children=("activities.media.probing.examine", "activities.local.silero_model")
    ),
    Queue.TRANSCRIBE: Pool(
        _transcribe,
        slots=1,
        rate_setting="transcribe_rate_per_s",
        children=(
            "activities.media.probing.stretches",
            "activities.media.probing.dub",
            "activities.local.silero_model",
        ),
    ),
    Queue.DESCRIBE: Pool(_describe, slots=None),
    Queue.TRANSLATE: Pool(_translate, slots=4),
    Queue.SYNTHESIZE: Pool(
        _synthesize, slots=4, rate_setting="voice_rate_per_s", children=("activities.media.mix.ad_mp3",)
    ),
    Queue.MUX: Pool(_mux, slots=None, children=("activities.report.facts",)),
}
"""The local recogniser uses every core for one video, so a transcribe worker runs one activity at a time."""


def make_worker(queue: Queue, platform: Platform) -> Worker:
    """The worker of one pool, ready to run."""
    pool, settings = POOLS[queue], platform.settings
    deployment = _deployment(settings.worker_build_id)
    rate = getattr(settings, pool.rate_setting) if pool.rate_setting else None
    return Worker(
        platform.temporal,
        task_queue=queue.value,
        workflows=pool.workflows,
        workflow_runner=SANDBOX,
        activities=pool.activities(platform),
        max_concurrent_activities=pool.slots or settings.cpu_slots or os.cpu_count() or 1,
        max_task_queue_activities_per_second=rate,
        max_heartbeat_throttle_interval=_THROTTLE,
        default_heartbeat_throttle_interval=_THROTTLE,
        max_cached_workflows=settings.worker_cached_workflows,
        workflow_task_poller_behavior=_pollers(settings),
        activity_task_poller_behavior=_pollers(settings),
        graceful_shutdown_timeout=grace_of(queue, settings.worker_grace_s),
        interceptors=[
            SayIds(),
            HeedTheEnd(),
            NoteTimes(platform.database),
            ClassifyErrors(),
            GuardMessages(),
        ],
        deployment_config=deployment,
        build_id=None if deployment else _UNVERSIONED,
    )


def _pollers(settings: Settings) -> PollerBehavior:
    return PollerBehaviorAutoscaling() if settings.worker_autoscale_pollers else PollerBehaviorSimpleMaximum()


def _deployment(build_id: str | None) -> WorkerDeploymentConfig | None:
    """Worker versioning. A job runs for weeks, so it moves to the newest code at its next task, and recorded histories
    ensure that new code can replay it."""
    if build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=DEPLOYMENT, build_id=build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )
