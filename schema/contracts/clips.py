"""Spoken descriptions: clips, and where they are heard."""

from __future__ import annotations

from schema.contracts.base import Contract
from schema.plan.model import Choice


class ClipRecord(Contract):
    """One spoken description in the bucket. Lengths are samples at `rate`."""

    object_name: str
    sha256: str
    """Hash of the samples."""
    rate: int
    length: int
    trimmed: int
    lufs: float | None
    true_peak_dbtp: float | None
    provider: str
    voice: str | None
    draft: bool
    recording: str | None = None
    """The `gs://` URI of the person's recording; None for a voice."""

    def may_stretch(self, choice: Choice | None) -> bool:
        """Whether it may be played faster: always for a voice, and if allowed for a person's recording."""
        return self.recording is None or (choice is not None and choice.may_stretch)


class ManifestEntry(Contract):
    """Where one clip is heard. `source_ms` is on the programme's timeline, the others on the accessible video's."""

    cue_id: str
    clip: ClipRecord
    text: str
    source_ms: int
    start_ms: int
    length_ms: int
    pause_ms: int
    """How long the picture is held for it; 0 if it plays inline."""


class ClipManifest(Contract):
    """`clips.json`, in cue order."""

    language: str
    plan: str
    entries: tuple[ManifestEntry, ...]
