"""The files in a ZIP of many jobs, and their names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from schema import objects
from schema.contracts.batches import BatchWork
from schema.enums import JobStatus
from schema.tables import Asset, Job

MANIFEST = "manifest.json"
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""Names that Windows reserves, with any extension."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the ZIP. `about` goes into the manifest with its hash."""

    path: str
    object_name: str
    content_type: str
    size_bytes: int
    made_at: datetime
    about: dict[str, Any]

    @property
    def is_text(self) -> bool:
        """Whether to deflate it. Media would not get smaller."""
        kind = self.content_type.partition(";")[0]
        return kind.startswith("text/") or kind.endswith(("json", "xml"))


class Names:
    """Safe paths without duplicates, even ignoring case."""

    def __init__(self) -> None:
        self._taken = {MANIFEST}

    def of(self, folder: str, name: str) -> str:
        stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
        path, number = f"{folder}/{name}", 1
        while path.casefold() in self._taken:
            number += 1
            path = f"{folder}/{stem} ({number}){suffix}"
        self._taken.add(path.casefold())
        return path

    def folder(self, title: str) -> str:
        wanted = safe(title)
        folder, number = wanted, 1
        while folder.casefold() in self._taken:
            number += 1
            folder = f"{wanted} ({number})"
        self._taken.add(folder.casefold())
        return folder


def safe(title: str) -> str:
    """`title` as a name that every file system accepts."""
    kept = objects.file_name(title)
    return f"_{kept}" if _RESERVED.match(kept) else kept


def wanted(assets: Iterable[Asset], work: BatchWork) -> list[Asset]:
    """The requested files."""
    return [
        asset
        for asset in assets
        if (not work.languages or asset.language in work.languages)
        and (not work.kinds or asset.kind in work.kinds)
        and (not work.formats or PurePosixPath(asset.object_name).suffix.lstrip(".") in work.formats)
    ]


def entries(job: Job, assets: Iterable[Asset], names: Names) -> list[Entry]:
    folder = names.folder(job.title)
    return [
        Entry(
            path=names.of(
                folder, objects.download_name(safe(job.title), asset.language, asset.kind, asset.object_name)
            ),
            object_name=asset.object_name,
            content_type=asset.content_type,
            size_bytes=asset.size_bytes,
            made_at=asset.updated_at,
            about={
                "job_id": str(job.id),
                "title": job.title,
                "language": asset.language,
                "kind": asset.kind.value,
                "content_type": asset.content_type,
                "details": asset.details,
            },
        )
        for asset in assets
    ]


def why_nothing(job: Job, made: bool) -> str:
    """Why there is nothing to pack from a job."""
    if made:
        return "It has made none of what was asked for."
    if job.status is JobStatus.COMPLETED:
        return "It has made nothing."
    return f"It has made nothing yet: it is {job.status}."
