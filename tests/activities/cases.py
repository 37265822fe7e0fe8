"""What the steps are tested with."""

from __future__ import annotations

from schema.contracts.media import Fraction, MediaReport, SceneChange, VideoStream
from schema.contracts.steps import JobRef
from schema.tables import Job


def job_ref(job: Job, source_language: str = "en") -> JobRef:
    """What a step is told of `job`."""
    return JobRef(
        job_id=job.id,
        org_id=job.org_id,
        client_id=job.client_id,
        project_id=job.project_id,
        source_language=source_language,
        source_object=job.source_object,
    )


def media_report(*cuts_s: int, seconds: int, container: str = "mp4", codec: str = "h264") -> MediaReport:
    """Of a video with cuts at these seconds."""
    stream = VideoStream(
        index=0,
        codec=codec,
        width=1920,
        height=1080,
        frame_rate=Fraction(num=25),
        timescale=12_800,
        duration_ms=seconds * 1000,
    )
    return MediaReport(
        container=container,
        size_bytes=1,
        duration_ms=seconds * 1000,
        video=stream,
        scene_changes=tuple(SceneChange(at_ms=cut * 1000) for cut in cuts_s),
    )
