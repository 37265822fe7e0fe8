"""An approved text in every format."""

from __future__ import annotations

from uuid import uuid4

from activities.texts.published import published_forms
from schema.enums import AssetKind, Kind, Origin
from schema.tables import TextVersion
from schema.vtt import parse
from schema.vtt.formats import read_any


def text(kind: Kind, language: str) -> TextVersion:
    content = "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\n<v Ann>Good evening & welcome\n"
    return TextVersion(
        job_id=uuid4(),
        language=language,
        kind=kind,
        version=1,
        content=content.replace("&", "&amp;"),
        origin=Origin.EDIT,
        sources={},
    )


def test_captions_are_webvtt_srt_and_imsc_with_the_same_words_and_times() -> None:
    forms = {form.kind: form for form in published_forms(text(Kind.CAPTIONS, "en"), "en")}
    assert set(forms) == {AssetKind.CAPTIONS_VTT, AssetKind.CAPTIONS_SRT, AssetKind.CAPTIONS_TTML}
    srt = read_any(forms[AssetKind.CAPTIONS_SRT].content).document
    assert [(cue.start_ms, cue.end_ms) for cue in srt.cues] == [(1000, 3000)]
    assert "Good evening & welcome" in srt.cues[0].plain
    assert 'xml:lang="en"' in forms[AssetKind.CAPTIONS_TTML].content


def test_a_translated_description_goes_out_as_dapt_that_reads_back() -> None:
    forms = {form.kind: form for form in published_forms(text(Kind.AUDIO_DESCRIPTION, "es"), "en")}
    assert set(forms) == {AssetKind.AUDIO_DESCRIPTION_VTT, AssetKind.AUDIO_DESCRIPTION_DAPT}
    back = read_any(forms[AssetKind.AUDIO_DESCRIPTION_DAPT].content, "es").document
    assert [cue.plain for cue in back.cues] == ["Good evening & welcome"]
    original = parse(forms[AssetKind.AUDIO_DESCRIPTION_VTT].content).document
    assert [cue.start_ms for cue in back.cues] == [cue.start_ms for cue in original.cues]
