"""What the report says is what was planned and rendered."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
import pytest

from activities.report.build import build_report
from activities.report.facts import measure_sound
from activities.report.page import render_page
from activities.report.timeline import summary
from activities.report.waveform import peaks_in_render
from schema.contracts.media import Span
from schema.contracts.report import QualityReport
from schema.enums import Kind
from schema.findings import CueTerm
from schema.plan.model import Fit, Pause
from schema.plan.timemap import TimeMap
from schema.vtt import Finding
from tests.activities.report.case import SCRIPT, Case
from tests.media_factory import Audio, Spec, make_video
from tests.media_sounds import Sound


@pytest.fixture(scope="module")
def report(case: Case) -> QualityReport:
    return build_report(case.reported())


def test_lengths_and_timecode(case: Case, report: QualityReport) -> None:
    lengths = report.lengths
    assert lengths.rendered_ms == lengths.source_ms + lengths.added_ms
    assert lengths.added_ms == case.plan.timebase.to_ms(case.plan.added) > 2000
    assert (lengths.source_start, lengths.source_end) == ("10:00:00;00", "10:00:12;00")
    assert [cue.wanted_timecode for cue in report.cues] == ["10:00:04;23", "10:00:06;17", "10:00:09;14"]


def test_every_cue_is_told_as_it_was_planned(case: Case, report: QualityReport) -> None:
    assert [cue.text for cue in report.cues][:2] == [
        "An iron gate & ivy.",
        "She looks up at the dark balcony, where a curtain moves.",
    ]
    held = report.cues[1]
    assert (held.fit, held.pause, held.words_per_minute) == (Fit.HELD, 1, 200)  # 213 as it was spoken
    assert held.pause_ms == report.pauses[0].end_ms - report.pauses[0].start_ms > 2000
    for cue, placement in zip(report.cues, case.plan.placements, strict=True):
        assert cue.end_ms - cue.start_ms == pytest.approx(placement.length * 1000 / 48_000, abs=1)
        assert cue.gain_db is not None
        assert cue.explanation == placement.explanation != ""
    assert "d2" in report.pauses[0].cue_ids


def test_speech_gaps_and_pauses_share_the_renders_timeline(report: QualityReport) -> None:
    assert sum(span.end_ms - span.start_ms for span in report.speech) == 1500 + 1600 + 2000
    spans = sorted([*report.speech, *report.gaps], key=lambda span: span.start_ms)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(spans)), "speech and gaps overlap"
    pause = report.pauses[0]
    assert any(gap.start_ms <= pause.start_ms and pause.end_ms <= gap.end_ms for gap in report.gaps)


def test_where_a_voice_was_heard_is_told_beside_the_words(case: Case, report: QualityReport) -> None:
    assert report.voices is None
    media = case.media.model_copy(update={"speech": (Span(start_ms=900, end_ms=2600),)})
    heard = build_report(case.reported(media=media))
    assert heard.voices == (Span(start_ms=900, end_ms=2600),)
    assert "A voice was heard for 1.7 s of it, with words or without." in summary(heard)
    assert "A voice" not in summary(report)


def test_speech_that_is_covered_is_told_to_the_millisecond(case: Case, report: QualityReport) -> None:
    assert report.speech_overlap_ms == 0
    first = case.plan.placements[0]
    over = first.model_copy(update={"start": 48 * 900, "length": 48 * 1300})  # speech from 1000 to 2500 ms
    plan = case.plan.model_copy(update={"placements": (over, *case.plan.placements[1:])})
    covered = build_report(case.reported(plan=plan))
    assert covered.speech_overlap_ms == covered.cues[0].speech_overlap_ms == 1200


def test_what_a_publisher_must_know(case: Case) -> None:
    dubless = build_report(case.reported(language="es"))
    assert "The dialogue is not in es" in dubless.remarks[0]
    assert any(remark.startswith("This is a draft: its voice") for remark in dubless.remarks)
    media = case.media.model_copy(update={"start_timecode": "10:00:00:45"})
    wrong = build_report(case.reported(media=media, provenance=()))
    assert "45" in wrong.remarks[0]
    assert wrong.lengths.source_start == "00:00:00:00"
    silent = case.plan.placements[0].model_copy(update={"length": 0, "fit": Fit.DOES_NOT_FIT})
    plan = case.plan.model_copy(update={"placements": (silent, *case.plan.placements[1:])})
    unheard = build_report(case.reported(plan=plan, provenance=()))
    assert not unheard.cues[0].heard
    assert unheard.remarks == ("1 description is not heard: the list says why.",)


def test_findings_of_every_profile_and_rates_by_the_plan_alone(case: Case) -> None:
    wish = Finding(rule="description_rate", severity="warning", message="Too fast, by the script's times.")
    long = Finding(rule="description_length", severity="warning", message="Too long.")
    report = build_report(case.reported(findings={Kind.AUDIO_DESCRIPTION: [wish, long]}))
    assert [(found.profile, found.applied) for found in report.findings] == [
        ("netflix", True),
        ("bbc", False),
        ("dcmp", False),
    ]
    assert report.findings[0].audio_description == (long,)
    assert report.plan_findings == case.plan.findings
    assert {finding.rule for finding in report.plan_findings} >= {"description_rate_blocking"}


def test_it_is_the_same_when_read_again(report: QualityReport) -> None:
    assert QualityReport.model_validate_json(report.model_dump_json()) == report


def test_the_file_is_measured_as_it_came_out(case: Case, tmp_path_factory: pytest.TempPathFactory) -> None:
    facts = case.done.facts
    assert facts.sha256 == hashlib.sha256(case.done.path.read_bytes()).hexdigest()
    assert 0 < facts.packets_encoded < facts.packets
    assert facts.encoded[0].end_ms > facts.encoded[0].start_ms

    def sine(first: int, count: int, rate: int, channels: int) -> Sound:
        """997 Hz at -20 dBFS in both channels is -20 LUFS (BS.1770-4, annex 1)."""
        wave = 0.1 * np.sin(2 * np.pi * 997 * np.arange(first, first + count) / rate)
        return np.tile(wave.astype(np.float32), (channels, 1))

    path = tmp_path_factory.mktemp("sine") / "sine.mp4"
    loud = measure_sound(make_video(path, Spec(seconds=5, audio=(Audio(sound=sine),))))
    assert loud.integrated_lufs == pytest.approx(-20, abs=0.2)
    assert loud.true_peak_dbtp == pytest.approx(-20, abs=1.5)  # the encoder overshoots where it begins


def test_the_waveform_is_still_in_a_hold_and_loud_in_speech(case: Case, report: QualityReport) -> None:
    peaks, total = case.done.facts.peaks, report.lengths.rendered_ms
    step = total / len(peaks)
    assert len(peaks) <= 2000

    def seen(start_ms: float, end_ms: float) -> tuple[int, ...]:
        return peaks[int(start_ms / step) + 2 : int(end_ms / step) - 1]

    for pause in report.pauses:
        assert set(seen(pause.start_ms, pause.end_ms)) == {0}
    for span in report.speech:
        assert min(seen(span.start_ms, span.end_ms)) > 180
    assert max(seen(0, 1000)) < 5


def test_a_pause_cuts_the_waveform_where_it_is(case: Case) -> None:
    """One hold in the middle of the first word: the same peaks as without it, moved apart."""
    plain = TimeMap.from_pauses((), case.plan.duration, case.plan.timebase)
    hold = Pause(at=48 * 2000, units=375, ticks=375 * 1024, cue_ids=(), reason="")  # 8 s
    held = TimeMap.from_pauses((hold,), case.plan.duration, case.plan.timebase)
    before, after = peaks_in_render(case.speech_audio, plain), peaks_in_render(case.speech_audio, held)
    at = round(2000 / 20)
    assert after[: at - 1] == before[: at - 1]
    assert set(after[at + 1 : at + 398]) == {0}
    assert len(after) - len(before) == 400
    assert sum(peak > 180 for peak in after) == pytest.approx(sum(peak > 180 for peak in before), abs=2)


def test_the_script_has_a_row_for_each_cue(report: QualityReport) -> None:
    assert [cue.cue_id for cue in report.cues] == [cue.id for cue in SCRIPT.cues]


def test_terms_of_the_glossary_are_told_with_how_many_there_are(case: Case) -> None:
    """No term in the text is not the same as every term kept."""
    terms = [
        CueTerm(cue_id="c1", cue_index=0, term="museum", wanted=("museo",), kept=True),
        CueTerm(cue_id="c2", cue_index=1, term="cat", wanted=("gato",), kept=False),
    ]
    report = build_report(case.reported(terms={Kind.CAPTIONS: terms, Kind.AUDIO_DESCRIPTION: []}))
    assert [(held.what, held.correct, held.n) for held in report.words] == [
        ("captions", 1, 2),
        ("audio_description", 0, 0),
    ]
    page = render_page(report, ())
    assert "Captions: 1 of 2 (50%)" in page
    assert "Audio description: not applicable" in page
    assert "Terms of the glossary" not in render_page(build_report(case.reported()), ())
