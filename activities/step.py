"""The dependencies of every step, and how a step records its outputs."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from activities.ports import Progress
from activities.running.heartbeat import beating
from activities.running.workspace import BucketCheckpoints, Workspace
from schema.contracts.media import MediaReport
from schema.contracts.steps import Artifacts, JobRef
from schema.db import Database
from schema.enums import AssetKind, Step
from schema.errors import Invalid
from schema.object_store import ObjectStore
from schema.queries import assets, profiles
from schema.tables import Asset
from schema.vtt.words import Transcript

M = TypeVar("M", bound=BaseModel)
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Made:
    """An output of a step, for the record."""

    kind: AssetKind
    name: str
    content_type: str
    size_bytes: int
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kit:
    """The dependencies that all steps share. A step's own are separate."""

    database: Database
    store: ObjectStore
    workspace: Workspace
    profile: str = "netflix"

    def beating(
        self, job: JobRef, step: Step, language: str | None = None
    ) -> AbstractAsyncContextManager[Progress]:
        return beating(self.database, job.job_id, step, language)

    def checkpoints(self, job: JobRef, step: Step) -> BucketCheckpoints:
        return BucketCheckpoints(self.store, job.job_id, step.value)

    async def profile_of(self, job: JobRef) -> str:
        """The key of the quality profile of the job's texts."""
        async with self.database.begin() as session:
            return await profiles.of_client(session, job.client_id, self.profile)

    async def read(self, name: str, kind: type[M]) -> M:
        """Reads one of our JSON objects."""
        return kind.model_validate_json(await self.store.read(name))

    async def find(self, name: str, kind: type[M]) -> M | None:
        """Like `read`, or None if it does not exist yet."""
        return await self.read(name, kind) if await self.store.stat(name) else None

    async def write(self, name: str, value: BaseModel) -> int:
        """Stores `value` as JSON. Returns its size in bytes."""
        return (await self.store.write(name, value.model_dump_json().encode(), _JSON)).size

    async def report(self, artifacts: Artifacts) -> MediaReport:
        return await self.read(_needed(artifacts.media_report, "media report", Step.PROBE), MediaReport)

    async def transcript(self, artifacts: Artifacts) -> Transcript:
        return await self.read(_needed(artifacts.words, "words", Step.TRANSCRIBE), Transcript)

    async def record(
        self, job_id: UUID, language: str, *made: Made, all_of: Collection[AssetKind] = ()
    ) -> None:
        """Makes `made` the current assets of the language. Kinds in `all_of` that are not in `made` no longer
        have one."""
        async with self.database.begin() as session:
            if gone := set(all_of) - {each.kind for each in made}:
                await assets.drop(session, job_id, language, gone)
            for each in made:
                await assets.put(
                    session,
                    Asset(
                        job_id=job_id,
                        language=language,
                        kind=each.kind,
                        object_name=each.name,
                        content_type=each.content_type,
                        size_bytes=each.size_bytes,
                        details=each.details,
                    ),
                )

    async def record_json(
        self, job_id: UUID, language: str, kind: AssetKind, name: str, **details: Any
    ) -> None:
        """Like `record`, for the JSON object `name`. Also called if the object was found, because an interrupted
        attempt may have left it unrecorded."""
        stored = await self.store.stat(name)
        size = stored.size if stored else 0
        await self.record(job_id, language, json_asset(kind, name, size, **details))

    def scratch(self) -> AbstractAsyncContextManager[Path]:
        return self.workspace.scratch()


def json_asset(kind: AssetKind, name: str, size_bytes: int, **details: Any) -> Made:
    return Made(kind, name, _JSON, size_bytes, details)


def _needed(name: str | None, what: str, step: Step) -> str:
    if name is None:
        raise Invalid(f"The {what} of this job is missing. Retry from the {step.value} step.")
    return name
