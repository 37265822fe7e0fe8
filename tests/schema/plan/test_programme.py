"""A plan's input from what is stored."""

from __future__ import annotations

from schema.contracts.media import Fraction
from schema.plan.estimate import VoiceRate, estimate_ms, usual_rate
from schema.plan.model import Choice, Clip
from schema.plan.planner import plan
from schema.plan.programme import programme_input, timebase_of
from schema.vtt import Cue, Document, Transcript
from tests.factories import media_report

REPORT = media_report(seconds=60, sample_rate=44_100)
NO_WORDS = Transcript(language="en", provider="test")
SCRIPT = Document.of(
    [
        Cue("spoken", 1000, 2000, "A woman in a red coat walks slowly across the empty square."),
        Cue("recorded", 10_000, 11_000, "She stops."),
        Cue("new", 20_000, 21_000, "A man opens the door of a small shop, and waves at her."),
    ]
)


def test_ticks_are_samples_of_the_sound_and_48_000_where_there_is_none() -> None:
    assert timebase_of(REPORT).rate == 44_100
    assert timebase_of(REPORT.model_copy(update={"audio": ()})).rate == 48_000


def test_the_length_of_the_source_is_exact_where_the_file_tells_it() -> None:
    exact = REPORT.model_copy(update={"duration": Fraction(num=60_001, den=1000), "duration_ms": 60_000})
    assert programme_input(exact, NO_WORDS, SCRIPT, language="en").duration == 60_001 * 44_100 // 1000
    assert programme_input(REPORT, NO_WORDS, SCRIPT, language="en").duration == 60 * 44_100


def test_a_new_description_is_estimated_at_the_rate_of_the_voice_that_spoke_the_others() -> None:
    slow, timebase = VoiceRate(500), timebase_of(REPORT)

    def said(cue_id: str, voice: VoiceRate) -> Clip:
        text = SCRIPT.by_id()[cue_id].text
        return Clip(cue_id=cue_id, length=timebase.to_ticks(estimate_ms(text, voice)), sha256="0" * 64)

    clips = {"spoken": said("spoken", slow), "recorded": said("recorded", VoiceRate(3000))}
    choices = {"recorded": Choice(recording="gs://bucket/she-stops.wav")}
    made = plan(programme_input(REPORT, NO_WORDS, SCRIPT, language="en", clips=clips, choices=choices))
    new = next(placed for placed in made.placements if placed.cue_id == "new")
    assert new.estimated
    expected = estimate_ms(SCRIPT.by_id()["new"].text, slow)
    assert abs(timebase.to_ms(new.clip_length) - expected) <= expected * 0.01
    nothing_spoken = programme_input(REPORT, NO_WORDS, SCRIPT, language="en")
    assert nothing_spoken.voice == usual_rate("en")
