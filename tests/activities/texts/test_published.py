"""An approved text in every format."""

from __future__ import annotations

from fractions import Fraction
from uuid import uuid4

from activities.texts.published import published_forms
from schema.enums import AssetKind, Kind, Origin
from schema.tables import TextVersion
from schema.vtt import Timecode, parse
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
    assert 'xml:lang="en"' in forms[AssetKind.CAPTIONS_TTML].content.decode()


def test_a_translated_description_goes_out_as_dapt_that_reads_back() -> None:
    forms = {form.kind: form for form in published_forms(text(Kind.AUDIO_DESCRIPTION, "es"), "en")}
    assert set(forms) == {AssetKind.AUDIO_DESCRIPTION_VTT, AssetKind.AUDIO_DESCRIPTION_DAPT}
    back = read_any(forms[AssetKind.AUDIO_DESCRIPTION_DAPT].content, "es").document
    assert [cue.plain for cue in back.cues] == ["Good evening & welcome"]
    original = parse(forms[AssetKind.AUDIO_DESCRIPTION_VTT].content).document
    assert [cue.start_ms for cue in back.cues] == [cue.start_ms for cue in original.cues]


def test_broadcast_formats_are_made_for_the_rates_that_they_have() -> None:
    def kinds(rate: Fraction) -> set[AssetKind]:
        return {form.kind for form in published_forms(text(Kind.CAPTIONS, "en"), "en", Timecode(rate))}

    both = {AssetKind.CAPTIONS_SCC, AssetKind.CAPTIONS_STL}
    assert kinds(Fraction(24000, 1001)) & both == both
    assert kinds(Fraction(25)) & both == {AssetKind.CAPTIONS_STL}
    assert kinds(Fraction(15)) & both == set()


def test_a_format_that_has_no_signs_for_a_text_is_not_made_and_that_is_told() -> None:
    version = text(Kind.CAPTIONS, "ja")
    version.content = version.content.replace("Good evening", "\u3053\u3093\u3070\u3093\u306f")
    forms = published_forms(version, "ja", Timecode(Fraction(30000, 1001)))
    assert len(forms) == 3
    told = forms[0].details["not_published"]
    assert set(told) == {"captions_scc", "captions_stl"}
    assert told["captions_scc"].startswith("cue 1: CEA-608 has no \u3053")


def test_what_a_format_cannot_hold_is_told_with_it() -> None:
    version = text(Kind.CAPTIONS, "en")
    version.content = version.content.replace("welcome", "<b>welcome</b>")
    forms = {form.kind: form for form in published_forms(version, "en", Timecode(Fraction(25)))}
    at = {"cue": 1, "cue_id": "c1", "line": 3}
    voices = " has no voices: speakers are named in the text where they change"
    assert forms[AssetKind.CAPTIONS_STL].details == {
        "lost": [at | {"message": "bold was left out"}, at | {"message": f"EBU STL{voices}"}]
    }
    assert forms[AssetKind.CAPTIONS_SRT].details == {"lost": [at | {"message": f"SRT{voices}"}]}
    assert forms[AssetKind.CAPTIONS_TTML].details == {}


def test_what_a_script_says_beside_its_words_is_told_where_dapt_has_no_place_for_it() -> None:
    version = text(Kind.AUDIO_DESCRIPTION, "en")
    version.content = version.content.replace("03.000", "03.000 line:0")
    forms = {form.kind: form for form in published_forms(version, "en")}
    assert forms[AssetKind.AUDIO_DESCRIPTION_DAPT].details == {
        "lost": [{"cue": 1, "cue_id": "c1", "line": 3, "message": "line:0 was left out"}]
    }
