"""All that is found out about a source, and its speech as sound."""

from __future__ import annotations

import asyncio
from pathlib import Path

from activities.child import run_in_child
from activities.media.probe import Limits, probe, with_findings
from activities.media.scenes import find_scenes
from activities.media.speech_audio import extract_speech
from activities.ports import Progress
from schema.contracts.media import MediaReport


async def examine(path: Path, limits: Limits, flac: Path, progress: Progress) -> MediaReport:
    """Streams first; then picture and sound at once, each in a child process. Where there is sound, the speech audio
    is written to `flac`.

    Raises:
        MediaRefused: nobody can serve it.
        ProviderFailed: a decoder died of it.
    """
    report = await run_in_child(probe, path, limits)
    progress(0.1, "looking at every picture")
    picture = run_in_child(
        find_scenes, path, report, on_progress=lambda done, words: progress(0.1 + done * 0.9, words)
    )
    if not report.has_audio:
        return with_findings(report, await picture, None)
    sound = asyncio.create_task(run_in_child(extract_speech, path, report, flac))
    try:
        return with_findings(report, await picture, await sound)
    finally:
        sound.cancel()
        await asyncio.gather(sound, return_exceptions=True)
