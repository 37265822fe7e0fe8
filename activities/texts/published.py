"""An approved text in every requested format. WebVTT is the master, and the others are made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from schema.contracts.media import MediaReport
from schema.enums import AssetKind, Kind
from schema.tables import TextVersion
from schema.vtt import Document, Timecode, parse
from schema.vtt.formats import write_dapt, write_srt, write_ttml
from schema.vtt.formats.broadcast import Frames, frames_of
from schema.vtt.formats.lost import Lost, Written
from schema.vtt.formats.scc_write import write_scc
from schema.vtt.formats.stl_write import write_stl

_TTML = "application/ttml+xml"
_DROP_FRAME_RATES = (Fraction(30000, 1001), Fraction(60000, 1001))
_MOST_TOLD = 100
_BROADCAST: tuple[
    tuple[AssetKind, str, str, tuple[int, ...], Callable[[Document, Frames, str], Written]], ...
] = (
    (AssetKind.CAPTIONS_SCC, "scc", "text/x-scc", (30,), write_scc),
    (AssetKind.CAPTIONS_STL, "stl", "application/x-ebu-stl", (25, 30), write_stl),
)


FORMS = {
    Kind.CAPTIONS: frozenset(
        {
            AssetKind.CAPTIONS_VTT,
            AssetKind.CAPTIONS_SRT,
            AssetKind.CAPTIONS_TTML,
            *(kind for kind, *_ in _BROADCAST),
        }
    ),
    Kind.AUDIO_DESCRIPTION: frozenset({AssetKind.AUDIO_DESCRIPTION_VTT, AssetKind.AUDIO_DESCRIPTION_DAPT}),
}
"""The formats of a text. A format that is not made from this version is removed, not kept from an earlier one."""


@dataclass(frozen=True, slots=True)
class PublishedForm:
    """`details` are stored with the asset: `lost` is what the format cannot hold, by cue and line; `not_published` says of other
    formats why they were not made."""

    kind: AssetKind
    suffix: str
    content_type: str
    content: bytes
    details: dict[str, Any] = field(default_factory=dict)


def source_timecode(report: MediaReport | None) -> Timecode | None:
    """The timecode that broadcast formats count in; from 0 where the source has none, or none that its rate has. None
    where its rate varies or is not known."""
    if report is None or report.video.variable_frame_rate:
        return None
    rate = Fraction(report.video.frame_rate.num, report.video.frame_rate.den)
    start = "00:00:00;00" if rate in _DROP_FRAME_RATES else "00:00:00:00"
    try:
        return Timecode(rate, report.start_timecode or start)
    except ValueError:
        return Timecode(rate, start)


def published_forms(
    text: TextVersion, source_language: str, timecode: Timecode | None = None
) -> list[PublishedForm]:
    """Captions as WebVTT, SRT and IMSC, and as SCC and EBU STL where they can hold every word and the source's rate; an
    audio description as WebVTT and DAPT."""
    document = parse(text.content).document
    master = text.content.encode()
    if text.kind is Kind.CAPTIONS:
        broadcast, refused = _broadcast_forms(document, text.language, timecode)
        told = {"not_published": refused} if refused else {}
        return [
            PublishedForm(AssetKind.CAPTIONS_VTT, "vtt", "text/vtt", master, told),
            _form(AssetKind.CAPTIONS_SRT, "srt", "application/x-subrip", write_srt(document)),
            _form(AssetKind.CAPTIONS_TTML, "ttml", _TTML, write_ttml(document, text.language)),
            *broadcast,
        ]
    translated_from = source_language if text.language != source_language else None
    dapt = write_dapt(
        document, text.language, kind=Kind.AUDIO_DESCRIPTION.value, translated_from=translated_from
    )
    return [
        PublishedForm(AssetKind.AUDIO_DESCRIPTION_VTT, "vtt", "text/vtt", master),
        _form(AssetKind.AUDIO_DESCRIPTION_DAPT, "dapt.xml", _TTML, dapt),
    ]


def _form(kind: AssetKind, suffix: str, content_type: str, written: Written) -> PublishedForm:
    details = {"lost": [_told(lost) for lost in written.lost[:_MOST_TOLD]]} if written.lost else {}
    return PublishedForm(kind, suffix, content_type, written.content, details)


def _broadcast_forms(
    document: Document, language: str, timecode: Timecode | None
) -> tuple[list[PublishedForm], dict[str, str]]:
    """The broadcast formats that can be made, and why others cannot: a file that lost words helps nobody."""
    forms: list[PublishedForm] = []
    refused: dict[str, str] = {}
    for kind, suffix, content_type, rates, write in _BROADCAST:
        frames = frames_of(timecode, rates) if timecode else None
        if frames is None:
            refused[kind.value] = "it has no frames for the source's rate"
            continue
        written = write(document, frames, language)
        words = next((lost for lost in written.lost if lost.words), None)
        if words is not None:
            refused[kind.value] = f"cue {words.cue}: {words.message}"
            continue
        forms.append(_form(kind, suffix, content_type, written))
    return forms, refused


def _told(lost: Lost) -> dict[str, Any]:
    return {"cue": lost.cue, "cue_id": lost.cue_id, "line": lost.line, "message": lost.message}
