"""Settings of workers only: rendering, cache, rates, and shutdown."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from schema.provider_settings import ProviderSettings
from schema.setting_types import Bytes, Rate


class WorkerSettings(BaseSettings):
    """A part of `schema.settings.Settings`."""

    model_config = ProviderSettings.model_config

    constant_frame_rate: bool = Field(
        False,
        description="Encode the picture of accessible videos, and repeat held ones: the rate never varies.",
    )
    verify_renders: bool = Field(
        True,
        description="Open every accessible video again, by another reader, before it is delivered: one that is not as "
        "planned fails its render.",
    )
    work_dir: Path = Field(
        Path("/tmp/accessible-video"),  # noqa: S108 - a cache, made with mode 0700
        description="A worker's bounded cache of sources and clips.",
    )
    work_dir_bytes: Bytes = Field(20 * 2**30, description="The cache's bound.")
    cpu_slots: int = Field(0, ge=0, description="CPU-bound activities at once in a worker; 0: the cores.")
    transcribe_rate_per_s: Rate | None = Field(None, description="Quota of the provider: queue rate limit.")
    voice_rate_per_s: Rate | None = Field(None, description="Quota of the provider: queue rate limit.")
    embed_rate_per_s: Rate | None = Field(
        None, description="Pages of 100 terms: quota of the provider, queue rate limit."
    )
    batch_jobs_at_work: int | None = Field(
        None,
        ge=1,
        description="About so many jobs of a batch, where Temporal's queues are not fair; absent: all.",
    )
    worker_build_id: str | None = Field(
        None,
        description="Turns on worker versioning (auto-upgrade) under this build id; absent: unversioned. A new build "
        "takes no work until `python -m workers set-current`.",
    )
    worker_ready_file: Path | None = Field(
        None, description="A file that a worker touches every 15 s while it takes work, and removes else."
    )
    worker_cached_workflows: int = Field(
        1000, ge=1, description="Workflows that a worker of `jobs` keeps in memory between their tasks."
    )
    worker_autoscale_pollers: bool = Field(
        False, description="Pollers of a queue come and go with its tasks; off: five of each kind."
    )
    worker_grace_s: int | None = Field(
        None,
        ge=0,
        description="No pool waits longer than this for what it runs when it is told to end (SIGTERM), where a machine "
        "is taken away sooner than the pools' own graces; absent: those.",
    )
