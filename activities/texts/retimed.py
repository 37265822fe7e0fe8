"""Captions, descriptions and chapters of a language on the timeline of its accessible video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from activities.media.contract import TextTrack
from schema.contracts.media import MediaReport
from schema.enums import AssetKind
from schema.plan.model import Plan
from schema.vtt import Cue, Document, Word, escape
from schema.vtt.retime import PauseMap, across_pauses, at_times, chapters_across_pauses
from schema.vtt.runs import with_readings

Retimed = Mapping[AssetKind, Document]
RETIMED = frozenset(
    {
        AssetKind.RETIMED_AUDIO_DESCRIPTION_VTT,
        AssetKind.RETIMED_CAPTIONS_VTT,
        AssetKind.RETIMED_CHAPTERS_VTT,
    }
)


def retime(
    planned: Plan,
    report: MediaReport,
    *,
    language: str,
    script: Document,
    captions: Document | None,
    words: Sequence[Word] | None,
) -> Retimed:
    """Captions, AD and chapters of `language` on the render's timeline.

    `words` are those of the captions' own language, where they are known: a caption is split where they tell.
    """
    pauses = PauseMap.of(((pause.at, pause.ticks) for pause in planned.pauses), planned.timebase.rate)
    retimed = {AssetKind.RETIMED_AUDIO_DESCRIPTION_VTT: at_times(script, heard_ms(planned))}
    if captions is not None:
        retimed[AssetKind.RETIMED_CAPTIONS_VTT] = across_pauses(
            captions, pauses, words=words, language=language
        )
    if report.chapters:
        moved = chapters_across_pauses(list(report.chapters), pauses)
        retimed[AssetKind.RETIMED_CHAPTERS_VTT] = Document.of(
            Cue(id=f"chapter{n}", start_ms=start, end_ms=end, text=escape(title))
            for n, (start, end, title) in enumerate(moved, 1)
        )
    return retimed


def text_tracks(retimed: Retimed, language: str) -> tuple[TextTrack, ...]:
    """Captions and AD to embed beside the sound."""
    wanted: tuple[tuple[AssetKind, str, Literal["captions", "descriptions"]], ...] = (
        (AssetKind.RETIMED_CAPTIONS_VTT, "Captions", "captions"),
        (AssetKind.RETIMED_AUDIO_DESCRIPTION_VTT, "Audio description", "descriptions"),
    )
    return tuple(
        TextTrack(
            tuple((cue.start_ms, cue.end_ms, with_readings(cue.text)) for cue in retimed[kind].cues),
            language,
            title,
            track,
        )
        for kind, title, track in wanted
        if kind in retimed
    )


def heard_ms(planned: Plan) -> dict[str, tuple[int, int]]:
    """(in, out) of every description that is heard, by cue id, on the render's timeline."""
    to_ms = planned.timebase.to_ms
    return {
        placement.cue_id: (to_ms(placement.start), to_ms(placement.start + placement.length))
        for placement in planned.placements
        if placement.length > 0
    }
