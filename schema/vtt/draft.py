"""The first version of a job's captions: cues of what was heard, and notes of what was guessed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from schema.vtt.cues import Document, Note
from schema.vtt.profiles import Profile
from schema.vtt.segment import segment
from schema.vtt.words import Transcript


def draft_captions(
    transcript: Transcript, profile: Profile, frame_rate: Fraction, scene_changes_ms: Sequence[int] = ()
) -> Document:
    """The first version of a job's captions. A NOTE says where they are a draft and what was guessed."""
    cues = segment(
        transcript.words,
        profile,
        transcript.language,
        frame_rate,
        scene_changes_ms=scene_changes_ms,
        punctuated=transcript.punctuated,
        sounds=transcript.sounds,
    )
    notes: list[Note] = []
    if transcript.draft:
        notes.append(Note.of(f"Draft by {transcript.provider}: listen and correct."))
    if cues and not transcript.punctuated:
        notes.append(Note.of("Sentences, capitals and full stops were guessed from silences."))
    if any(word.speaker for word in transcript.words):
        notes.append(Note.of("Who speaks was told by the voice alone: put the names, and check each change."))
    if transcript.sounds:
        notes.append(
            Note.of(f"Sounds in brackets are a draft by {transcript.sounds_by}: listen and correct.")
        )
    if transcript.sounds_refused:
        notes.append(
            Note.of(f"Sounds could not be named ({transcript.sounds_refused}): tell those that matter.")
        )
    return Document("", (*notes, *cues))
