"""All that is found out about a source, and its speech as sound."""

from __future__ import annotations

import asyncio
from pathlib import Path

from activities.media.probing.probe import Limits, probe, with_picture, with_sound
from activities.media.probing.scenes import PictureFindings, find_scenes
from activities.media.probing.speech_audio import extract_speech
from activities.ports import Progress
from activities.running.child import run_in_child
from schema.contracts.media import MediaReport
from schema.contracts.outputs import TrackChoice


async def examine(
    path: Path, limits: Limits, tracks: TrackChoice, flac: Path, progress: Progress
) -> MediaReport:
    """Streams first; then picture and sound at once, each in a child process. Where there is sound, the speech audio
    is written to `flac`.

    Raises:
        MediaRefused: nobody can serve it.
        ProviderFailed: a decoder died of it.
    """
    report = await run_in_child(probe, path, limits, tracks)
    sound = asyncio.create_task(_listen(path, report, flac))
    try:
        picture = await find_changes(path, report, progress)
        return with_picture(await sound, picture)
    finally:
        sound.cancel()
        await asyncio.gather(sound, return_exceptions=True)


async def examine_sound(
    path: Path, limits: Limits, tracks: TrackChoice, flac: Path, progress: Progress
) -> MediaReport:
    """As `examine`, but for the pictures, of which only the first are looked at."""
    report = await run_in_child(probe, path, limits, tracks)
    progress(0.1, "extracting the speech audio")
    return await _listen(path, report, flac)


async def find_changes(path: Path, report: MediaReport, progress: Progress) -> PictureFindings:
    """Every picture of the source that `report` is of, in a child process.

    Raises:
        MediaRefused: most of the picture cannot be decoded.
        ProviderFailed: a decoder died of it.
    """
    return await run_in_child(find_scenes, path, report, on_progress=progress)


async def _listen(path: Path, report: MediaReport, flac: Path) -> MediaReport:
    if not report.has_audio:
        return report
    return with_sound(report, await run_in_child(extract_speech, path, report, flac))
