"""An approved text in every format that people ask for: WebVTT is the master, the others are made from it."""

from __future__ import annotations

from dataclasses import dataclass

from schema.enums import AssetKind, Kind
from schema.tables import TextVersion
from schema.vtt import parse
from schema.vtt.formats import write_dapt, write_srt, write_ttml

_TTML = "application/ttml+xml"


@dataclass(frozen=True, slots=True)
class PublishedForm:
    kind: AssetKind
    suffix: str
    content_type: str
    content: str


def published_forms(text: TextVersion, source_language: str) -> list[PublishedForm]:
    """Captions as WebVTT, SRT and IMSC; an audio description as WebVTT and DAPT."""
    document = parse(text.content).document
    if text.kind is Kind.CAPTIONS:
        return [
            PublishedForm(AssetKind.CAPTIONS_VTT, "vtt", "text/vtt", text.content),
            PublishedForm(AssetKind.CAPTIONS_SRT, "srt", "application/x-subrip", write_srt(document)),
            PublishedForm(AssetKind.CAPTIONS_TTML, "ttml", _TTML, write_ttml(document, text.language)),
        ]
    translated_from = source_language if text.language != source_language else None
    dapt = write_dapt(
        document, text.language, kind=Kind.AUDIO_DESCRIPTION.value, translated_from=translated_from
    )
    return [
        PublishedForm(AssetKind.AUDIO_DESCRIPTION_VTT, "vtt", "text/vtt", text.content),
        PublishedForm(AssetKind.AUDIO_DESCRIPTION_DAPT, "dapt.xml", _TTML, dapt),
    ]
