"""Who made the texts and the voice, in words; a draft says that it is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema.contracts.clips import ClipManifest
from schema.contracts.report import Provenance
from schema.enums import Kind, Origin

if TYPE_CHECKING:  # the engine alone needs no tables, which take a second to load
    from schema.queries.texts import VersionInfo


@dataclass(frozen=True, slots=True)
class Machine:
    """A provider as it named itself with what it made."""

    name: str
    draft: bool


def text_provenance(
    kind: Kind, number: int, history: Sequence[VersionInfo], machine: Machine | None, *, source_language: str
) -> Provenance:
    """Of version `number` of a text, from all its versions in any order.

    `machine` drafted the source language's texts; of a translation the note of its version tells.
    """
    known = [version for version in history if version.version <= number]
    by_machine = max(
        (version for version in known if not version.origin.by_person),
        key=lambda version: version.version,
        default=None,
    )
    by_person = [version.version for version in known if version.origin.by_person]
    if by_machine is None:
        how = "Brought" if any(version.origin is Origin.UPLOAD for version in known) else "Written"
        sentence = f"{how} by a person; version {number}."
        return Provenance(what=kind.value, provider=None, draft=False, sentence=sentence)
    translated = by_machine.origin is Origin.TRANSLATION
    provider = None if translated or machine is None else machine.name
    draft = bool(by_machine.note) if translated or machine is None else machine.draft
    if translated:
        note = f" ({by_machine.note})" if by_machine.note else ""
        how = f"Translated from {source_language} by a machine{note}"
    else:
        how = f"Drafted by {provider or 'a machine'}" + (", whose work is a draft" if draft else "")
    since = any(version > by_machine.version for version in by_person)
    if since:
        after = "a person has edited it since"
    else:
        after = "a person has edited an earlier version" if by_person else "no person has changed it"
    return Provenance(
        what=kind.value,
        provider=provider,
        draft=draft and not since,
        sentence=f"{how}; {after}; version {number}.",
    )


def voice_provenance(manifest: ClipManifest) -> Provenance | None:
    """Of the spoken descriptions; None where none is spoken."""
    if not manifest.entries:
        return None
    recorded = [entry.cue_id for entry in manifest.entries if entry.clip.recording is not None]
    spoken = [entry.clip for entry in manifest.entries if entry.clip.recording is None]
    if not spoken:
        sentence = "Every description is a person's recording."
        return Provenance(what="voice", provider=None, draft=False, sentence=sentence)
    voices = sorted({(clip.provider, clip.voice or "") for clip in spoken})
    draft = any(clip.draft for clip in spoken)
    named = " and ".join(f"{provider} ({voice})" if voice else provider for provider, voice in voices)
    kind = "a synthetic voice for drafts" if draft else "a synthetic voice"
    sentence = f"Spoken by {named}: {kind}."
    if recorded:
        sentence += f" A person's recording is heard in {', '.join(recorded)}."
    return Provenance(what="voice", provider=voices[0][0], draft=draft, sentence=sentence)
