"""Who made what: a draft says so until a person has gone over it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from activities.report.provenance import Machine, text_provenance, voice_provenance
from schema.contracts.clips import ClipManifest, ClipRecord, ManifestEntry
from schema.enums import Kind, Origin
from schema.queries.texts import VersionInfo
from schema.tables import now

LOCAL, GOOGLE = Machine("pocketsphinx", draft=True), Machine("speech-to-text", draft=False)


def version(number: int, origin: Origin, note: str | None = None) -> VersionInfo:
    author: UUID | None = uuid4() if origin.by_person else None
    return VersionInfo(number, number - 1 or None, origin, author, note, now())


DRAFT, EDIT, UPLOAD = version(1, Origin.DRAFT), version(2, Origin.EDIT), version(1, Origin.UPLOAD)
REDRAFT = version(3, Origin.DRAFT)
SPANISH = version(1, Origin.TRANSLATION, "Draft by apertium")


@pytest.mark.parametrize(
    ("history", "number", "machine", "draft", "words"),
    [
        ([DRAFT], 1, LOCAL, True, "pocketsphinx, whose work is a draft; no person has changed it; version 1"),
        ([EDIT, DRAFT], 2, LOCAL, False, "a person has edited it since; version 2"),
        ([EDIT, DRAFT], 1, LOCAL, True, "no person has changed it; version 1"),
        ([DRAFT], 1, GOOGLE, False, "Drafted by speech-to-text; no person has changed it"),
        ([REDRAFT, EDIT, DRAFT], 3, LOCAL, True, "a person has edited an earlier version; version 3"),
        ([UPLOAD], 1, LOCAL, False, "Brought by a person; version 1"),
        ([SPANISH], 1, LOCAL, True, "Translated from en by a machine (Draft by apertium); no person"),
        ([EDIT, SPANISH], 2, LOCAL, False, "a person has edited it since"),
    ],
)
def test_of_a_text(
    history: list[VersionInfo], number: int, machine: Machine, draft: bool, words: str
) -> None:
    told = text_provenance(Kind.CAPTIONS, number, history, machine, source_language="en")
    assert told.draft is draft
    assert words in told.sentence


def spoken(cue_id: str, provider: str, recording: str | None = None) -> ManifestEntry:
    clip = ClipRecord(
        object_name=f"{cue_id}.flac",
        sha256="0" * 64,
        rate=48_000,
        length=48_000,
        trimmed=0,
        lufs=-20.0,
        true_peak_dbtp=-3.0,
        provider=provider,
        voice=None,
        draft=recording is None,
        recording=recording,
    )
    return ManifestEntry(
        cue_id=cue_id, clip=clip, text="", source_ms=0, start_ms=0, length_ms=1000, pause_ms=0
    )


def test_of_the_voice_and_of_recordings() -> None:
    voice, person = spoken("d1", "espeak-ng"), spoken("d2", "a person's recording", "gs://bucket/d2.wav")
    both = voice_provenance(ClipManifest(language="en", plan="plan.json", entries=(voice, person)))
    assert both is not None
    assert both.sentence == (
        "Spoken by espeak-ng: a synthetic voice for drafts. A person's recording is heard in d2."
    )
    assert both.draft
    alone = voice_provenance(ClipManifest(language="en", plan="plan.json", entries=(person,)))
    assert alone is not None
    assert (alone.provider, alone.draft) == (None, False)
    assert voice_provenance(ClipManifest(language="en", plan="plan.json", entries=())) is None
