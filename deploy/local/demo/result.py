"""The results on this machine: the downloaded files, and the rows of the final table."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.bodies.downloads import DownloadOut, Downloads
from schema.enums import AssetKind, Kind
from schema.findings import Finding
from schema.plan.timemap import TimeMap
from schema.vtt import parse

_UNSAFE = re.compile(r"[^\w.\- ]+")
_TEXTS = {AssetKind.CAPTIONS_VTT: Kind.CAPTIONS, AssetKind.AUDIO_DESCRIPTION_VTT: Kind.AUDIO_DESCRIPTION}
_ATTEMPTS = 5


class DownloadFailed(Exception):
    """A file was not downloaded completely; the message names it."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file in `out/` and its kind."""

    item: DownloadOut
    path: Path


@dataclass(frozen=True, slots=True)
class Row:
    language: str
    file: str
    length: str
    notes: str


def folder_for(out: Path, title: str) -> Path:
    """`out/<job title>`, without characters that file systems reject."""
    return out / (_UNSAFE.sub(" ", title).strip(" .")[:100] or "job")


async def fetch_all(
    http: httpx.AsyncClient, found: Downloads, folder: Path, tell: Callable[[str], None]
) -> list[Made]:
    """Downloads everything except the source. Each file is either complete or absent. The folder is named by the job's
    title, so that the files need not repeat it.

    Raises:
        DownloadFailed: a file does not have the announced size.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    made = []
    for item in found.items:
        if item.kind is AssetKind.SOURCE:
            continue
        path = folder / Path(item.filename).name.removeprefix(f"{folder.name}.")
        tell(path.name)
        await _fetch(http, item, path)
        made.append(Made(item, path))
    return made


async def _fetch(http: httpx.AsyncClient, item: DownloadOut, path: Path) -> None:
    """Downloads a file, resuming after interruptions."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    said = "nothing"
    for _ in range(_ATTEMPTS):
        held = part.stat().st_size if part.exists() else 0
        if held >= item.size_bytes:
            break
        try:
            async with _opened(http, item.url, held) as answer:
                said = f"{answer.status_code}"
                with part.open("ab" if answer.status_code == 206 else "wb") as file:
                    async for piece in answer.aiter_bytes():
                        file.write(piece)
        except (httpx.TransportError, httpx.HTTPStatusError) as error:
            said = str(error) or type(error).__name__
    if not part.exists() or part.stat().st_size != item.size_bytes:
        part.unlink(missing_ok=True)
        raise DownloadFailed(f"{item.filename} did not arrive whole: {said}.")
    part.replace(path)


@asynccontextmanager
async def _opened(http: httpx.AsyncClient, url: str, held: int) -> AsyncIterator[httpx.Response]:
    headers = {"Range": f"bytes={held}-"} if held else {}
    async with http.stream("GET", url, headers=headers) as answer:
        answer.raise_for_status()
        yield answer


def rows(
    made: Iterable[Made], findings: dict[tuple[str, Kind], list[Finding]], source_language: str
) -> list[Row]:
    """One row per file, the source language first, in the order in which kinds are declared."""
    order = list(AssetKind)
    return [
        Row(
            each.item.language,
            each.path.name,
            _length(each),
            _notes(each, findings),
        )
        for each in sorted(
            made,
            key=lambda each: (
                each.item.language != source_language,
                each.item.language,
                order.index(each.item.kind),
            ),
        )
    ]


def clock(milliseconds: float) -> str:
    """`1:02.5`, with hours if there are any."""
    seconds = milliseconds / 1000
    minutes, seconds = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{seconds:04.1f}" if hours else f"{minutes}:{seconds:04.1f}"


def _length(made: Made) -> str:
    if (duration_ms := made.item.details.duration_ms) is not None:
        return clock(duration_ms)
    if made.path.suffix == ".vtt":
        cues = parse(made.path.read_text(encoding="utf-8")).document.cues
        return f"{len(cues)} cue{'' if len(cues) == 1 else 's'}"
    return ""


def _notes(made: Made, findings: dict[tuple[str, Kind], list[Finding]]) -> str:
    item, notes = made.item, []
    if item.details.draft:
        notes.append("a draft's voice")
    kind = _TEXTS.get(item.kind)
    if kind is not None and (item.language, kind) in findings:
        notes.append(told(findings[item.language, kind]))
    if item.kind is AssetKind.TIME_MAP:
        found = TimeMap.model_validate_json(made.path.read_bytes())
        added_ms = sum(pause.end_ms - pause.start_ms for pause in found.pauses)
        notes.append(_paused(len(found.pauses), added_ms))
    return ", ".join(notes)


def _paused(count: int, added_ms: int) -> str:
    if not count:
        return "no pause"
    return f"1 pause adds {clock(added_ms)}" if count == 1 else f"{count} pauses add {clock(added_ms)}"


def told(findings: Iterable[Finding]) -> str:
    """`2 blocking, 5 warnings`"""
    found = list(findings)
    blocking = sum(each.severity == "blocking" for each in found)
    warnings = len(found) - blocking
    parts = []
    if blocking:
        parts.append(f"{blocking} blocking")
    if warnings:
        parts.append(f"{warnings} warning{'' if warnings == 1 else 's'}")
    return ", ".join(parts) or "keeps every rule"
