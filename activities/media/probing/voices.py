"""Where a voice is heard: part of the report, so that every plan of the video is made of the same stretches."""

from __future__ import annotations

from pathlib import Path

from activities.ports import Progress, SpeechDetector
from schema.contracts.media import MediaReport


async def with_voices(
    report: MediaReport, detector: SpeechDetector, flac: Path, progress: Progress
) -> MediaReport:
    """The report of what `flac` is the speech audio of, with the stretches in which a voice is heard.

    Raises:
        MediaRefused: the speech audio cannot be read.
        ProviderFailed: the detector died.
    """
    if not report.has_audio:
        return report
    heard = await detector.detect(flac, progress)
    return report.model_copy(update={"speech": heard, "speech_by": detector.engine})
