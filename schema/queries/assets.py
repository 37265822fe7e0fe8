"""The objects that belong to a job."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.base import Contract
from schema.contracts.outputs import RequestedOutputs
from schema.enums import AssetKind
from schema.queries.visibility import unscoped
from schema.tables import Asset, Job

INTERNAL = frozenset(
    {AssetKind.MEDIA_REPORT, AssetKind.SPEECH_AUDIO, AssetKind.WORDS, AssetKind.SIGHT, AssetKind.PLAN}
)
"""Assets that steps only make for one another."""
FOR_CLIENTS = frozenset(AssetKind) - INTERNAL - {AssetKind.CLIPS, AssetKind.REPORT, AssetKind.REPORT_HTML}
"""Assets that a client gets from a completed job: no findings."""


async def of_job(session: AsyncSession, job_id: UUID, *, internal: bool = False) -> Sequence[Asset]:
    """Assets by language and kind. Those that only steps read are left out unless `internal`."""
    query = sa.select(Asset).where(col(Asset.job_id) == job_id)
    if not internal:
        query = query.where(col(Asset.kind).not_in(INTERNAL))
    return (await session.scalars(query.order_by(col(Asset.language), col(Asset.kind)))).all()


async def put(session: AsyncSession, asset: Asset) -> None:
    """Makes `asset` the current one of its job, language and kind. The object that it replaces stays in the bucket."""
    values = asset.model_dump(exclude={"created_at"})
    await session.execute(
        insert(Asset)
        .values(**values)
        .on_conflict_do_update(
            index_elements=["job_id", "language", "kind"],
            set_={
                key: value for key, value in values.items() if key not in ("id", "job_id", "language", "kind")
            },
        )
    )


async def drop(session: AsyncSession, job_id: UUID, language: str, kinds: Iterable[AssetKind]) -> None:
    """Removes the assets of these kinds from the outputs of the language. Their objects stay in the bucket, and
    delivered ones are still served."""
    unscoped("a worker's, of its job")
    await session.execute(
        sa.delete(Asset).where(
            col(Asset.job_id) == job_id, col(Asset.language) == language, col(Asset.kind).in_(list(kinds))
        )
    )


def unheard(outputs: RequestedOutputs, made: Iterable[Asset], codes: Collection[str]) -> tuple[str, ...]:
    """What the rendered plans leave out, such as a description whose pause point was moved too far."""
    if not outputs.wants_speech:
        return ()
    return tuple(
        f"{asset.language}: {sentence}"
        for asset in made
        if asset.kind is AssetKind.PLAN and asset.language in codes
        for sentence in asset.details.get("unheard", ())
    )


@dataclass(frozen=True, slots=True)
class Rendering:
    """The current accessible video of a language, and its time map, as object names."""

    video: str
    time_map: str


async def renders(session: AsyncSession, job_id: UUID) -> dict[str, Rendering]:
    """The current accessible videos by language."""
    unscoped("of a job that a guard handed over")
    kinds = (AssetKind.ACCESSIBLE_VIDEO_MP4, AssetKind.TIME_MAP)
    found = await session.execute(
        sa.select(col(Asset.language), col(Asset.kind), col(Asset.object_name)).where(
            col(Asset.job_id) == job_id, col(Asset.kind).in_(kinds)
        )
    )
    return _renderings({(language, kind): name for language, kind, name in found})


def delivered_renders(job: Job) -> dict[str, Rendering]:
    """The accessible videos of the last completion, by language, which a client sees."""
    found = [Delivered.kept(each) for each in job.delivered or ()]
    return _renderings({(each.language, each.kind): each.object_name for each in found})


def _renderings(names: Mapping[tuple[str, AssetKind], str]) -> dict[str, Rendering]:
    return {
        language: Rendering(name, names[language, AssetKind.TIME_MAP])
        for (language, kind), name in names.items()
        if kind is AssetKind.ACCESSIBLE_VIDEO_MP4 and (language, AssetKind.TIME_MAP) in names
    }


class Delivered(Contract):
    """An object that a completion delivered (`Job.delivered`)."""

    language: str
    kind: AssetKind
    object_name: str
    content_type: str
    size_bytes: int


_K = AssetKind
_CAPTIONS = (_K.CAPTIONS_VTT, _K.CAPTIONS_SRT, _K.CAPTIONS_TTML, _K.CAPTIONS_SCC, _K.CAPTIONS_STL)
_VIDEO = (
    _K.ACCESSIBLE_VIDEO_MP4,
    _K.RETIMED_CAPTIONS_VTT,
    _K.RETIMED_AUDIO_DESCRIPTION_VTT,
    _K.RETIMED_CHAPTERS_VTT,
    _K.TIME_MAP,
    _K.REPORT,
    _K.REPORT_HTML,
)


def delivered_kinds(outputs: RequestedOutputs) -> list[AssetKind]:
    """The kinds to deliver for these outputs. Assets of earlier outputs are not delivered."""
    by_output = (
        (outputs.captions_vtt, _CAPTIONS),
        (outputs.audio_description_vtt, (_K.AUDIO_DESCRIPTION_VTT, _K.AUDIO_DESCRIPTION_DAPT)),
        (outputs.audio_description_mp3, (_K.AUDIO_DESCRIPTION_MP3,)),
        (outputs.wants_speech, (_K.CLIPS,)),
        (outputs.accessible_video_mp4, _VIDEO),
    )
    return [kind for asked, kinds in by_output if asked for kind in kinds]


def delivered(job_id: UUID, languages: Iterable[str], kinds: Iterable[AssetKind]) -> sa.ColumnElement[object]:
    """The list of `Delivered` of the job's current assets, for `Job.delivered`."""
    unscoped("a worker's, of its job")
    parts: list[Any] = []
    for name in Delivered.model_fields:
        parts += [sa.literal_column(f"'{name}'"), getattr(Asset, name)]
    made = sa.func.jsonb_agg(
        aggregate_order_by(sa.func.jsonb_build_object(*parts), col(Asset.language), col(Asset.kind))
    )
    query = sa.select(made).where(
        col(Asset.job_id) == job_id,
        col(Asset.language).in_(list(languages)),
        col(Asset.kind).in_(list(kinds)),
    )
    return sa.func.coalesce(query.scalar_subquery(), sa.literal_column("'[]'::jsonb"))


def for_clients(job: Job) -> list[Asset]:
    """The assets of the last completion, as a client gets them: without the notes of steps."""
    found = [Delivered.kept(each) for each in job.delivered or ()]
    at = job.completed_at or job.updated_at
    return [
        Asset(job_id=job.id, **each.model_dump(), details={}, updated_at=at)
        for each in found
        if each.kind in FOR_CLIENTS
    ]


def still_delivered(gone: Iterable[AssetKind]) -> sa.ColumnElement[object]:
    """`Job.delivered` without the kinds whose objects have been deleted."""
    each = sa.func.jsonb_array_elements(col(Job.delivered)).column_valued("each")
    kind: sa.ColumnElement[str] = each.op("->>")(sa.literal_column("'kind'"))
    left = sa.select(sa.func.jsonb_agg(each)).where(kind.not_in(list(gone))).scalar_subquery()
    none: Any = sa.literal_column("'[]'::jsonb")
    return sa.case((col(Job.delivered).is_not(None), sa.func.coalesce(left, none)))
