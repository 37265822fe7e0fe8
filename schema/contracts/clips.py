"""Spoken descriptions as they are kept and handed on."""

from __future__ import annotations

from schema.contracts.base import Contract


class ClipRecord(Contract):
    """One spoken description in the bucket. Lengths are samples at `rate`."""

    object_name: str
    sha256: str
    """Of the samples."""
    rate: int
    length: int
    trimmed: int
    lufs: float | None
    true_peak_dbtp: float | None
    provider: str
    voice: str | None
    draft: bool


class ManifestEntry(Contract):
    """Where one clip is heard. `source_ms` is on the programme's timeline, the others on the accessible video's."""

    cue_id: str
    clip: ClipRecord
    text: str
    source_ms: int
    start_ms: int
    length_ms: int
    pause_ms: int
    """How long the picture is held for it, 0 where it plays inline."""


class ClipManifest(Contract):
    """`clips.json`, in cue order."""

    language: str
    plan: str
    entries: tuple[ManifestEntry, ...]
