"""Programmes and scripts at the edge of what there is."""

from __future__ import annotations

from schema.plan.inputs import PlanCue, PlanInput
from schema.plan.model import Choice, Clip, Extend, Fit, Timebase
from schema.vtt.cues import Cue
from tests.schema.plan.scripts import TIMEBASE, Span, ask, check_plan, ms, plan, say


def test_no_cues() -> None:
    made = plan(ask(words=say((0, 1000, "Hi."))))
    assert (made.placements, made.pauses, made.added, made.findings) == ((), (), 0, ())
    assert made.rendered_duration == made.duration


def test_no_sound_at_all() -> None:
    made = plan(ask(("a", 0, 3000), ("b", 10_000, 3000)))
    assert [p.fit for p in made.placements] == [Fit.AS_IS, Fit.AS_IS]
    assert [ms(p.start) for p in made.placements] == [0, 10_000]


def test_a_cue_past_the_end_plays_before_it_and_warns() -> None:
    made = plan(ask(("a", 25_000, 2000)))
    (placed,) = made.placements
    assert ms(placed.start + placed.length) == 20_000
    assert [f.rule for f in made.findings] == ["past_end"]


def test_a_last_description_that_is_too_long_holds_a_frame_that_exists() -> None:
    asked = ask(("a", 19_000, 9000), frame_rate=(25, 1))
    made = plan(asked)
    check_plan(asked, made)
    assert ms(made.pauses[0].at) <= 19_960


def test_two_cues_with_the_same_start_are_heard_in_the_order_of_the_script() -> None:
    first, second = plan(ask(("a", 5000, 2000), ("b", 5000, 2000))).placements
    assert first.start + first.length + TIMEBASE.to_ticks(300) <= second.start


def test_overlapping_cues_and_cues_out_of_order() -> None:
    asked = ask(("late", 9000, 2000), ("early", 2000, 9000), ("mid", 5000, 2000))
    made = plan(asked)
    check_plan(asked, made)
    assert [p.cue_id for p in made.placements] == ["late", "early", "mid"]


def test_speech_wall_to_wall_has_its_pauses_at_sentence_ends() -> None:
    words = say(*[(i * 400, i * 400 + 400, "end." if i % 8 == 7 else "word") for i in range(100)])
    asked = ask(*[(f"c{i}", 4000 * i, 2500) for i in range(1, 9)], duration=40_000, words=words)
    made = plan(asked)
    check_plan(asked, made)
    assert all(p.fit is Fit.HELD for p in made.placements)
    assert all(ms(pause.at) % 3200 == 0 for pause in made.pauses)


def test_nothing_to_say_takes_no_time() -> None:
    made = plan(PlanInput(timebase=TIMEBASE, duration=480_000, cues=[PlanCue("a", 1000, 2000, "  ")]))
    (placed,) = made.placements
    assert (placed.length, placed.fit, placed.explanation) == (0, Fit.AS_IS, "There is nothing to say.")
    assert not made.estimated, "a render refuses estimates, and no clip will ever be made of this"


def test_an_empty_programme() -> None:
    made = plan(ask(("a", 0, 1000), duration=0))
    assert made.placements[0].fit is Fit.HELD


def test_words_past_the_end_do_not_count() -> None:
    made = plan(ask(("a", 1000, 2000), duration=4000, words=say((5000, 6000, "Ghost."))))
    assert made.placements[0].fit is Fit.AS_IS


def test_vtt_cues_are_planned_without_clips_before_money_is_spent() -> None:
    cues = [Cue("a", 1000, 2000, "A <i>man</i> walks &amp; talks.")]
    made = plan(PlanInput(timebase=Timebase(rate=44_100), duration=44_100 * 10, cues=cues))
    assert made.estimated
    assert made.placements[0].estimated
    assert made.placements[0].clip_sha256 is None
    assert 1.2 < made.placements[0].length / 44_100 < 2.2


def test_spanish_takes_longer_than_english_and_so_adds_more_time() -> None:
    words = say((0, 1000, "Hello."), (3000, 12_000, "There."))
    added = {}
    for language, text in {
        "en": "A woman in a red coat walks slowly across the empty square.",
        "es": "Una mujer con un abrigo rojo cruza lentamente la plaza completamente vacía.",
    }.items():
        asked = PlanInput(
            timebase=TIMEBASE,
            duration=960_000,
            cues=[PlanCue("a", 1500, 2500, text)],
            words=words,
            language=language,
        )
        added[language] = plan(asked).added
    assert 0 < added["en"] < added["es"]


def test_a_hundred_always_held_cues_in_a_row() -> None:
    cues = [(f"c{i}", i * 190, 1000) for i in range(100)]
    asked = ask(*cues, extend=Extend.ALWAYS)
    made = plan(asked)
    check_plan(asked, made)
    assert all(p.fit is Fit.HELD for p in made.placements)


def test_cues_without_an_id_are_still_each_placed() -> None:
    asked = PlanInput(
        timebase=TIMEBASE,
        duration=960_000,
        cues=[PlanCue("", 1000, 2000, "One."), PlanCue("", 5000, 6000, "Two.")],
        clips={"": Clip(cue_id="", length=48_000)},
        choices={"": Choice()},
    )
    assert [p.cue_index for p in plan(asked).placements] == [0, 1]


def test_a_programme_that_opens_on_black_is_held_on_its_first_clean_frame() -> None:
    made = plan(ask(("a", 0, 2000), extend=Extend.ALWAYS, black=[Span(0, 2000)], frame_rate=(25, 1)))
    assert 2000 < made.pauses[0].at * 1000 / 48_000 < 2040
    assert [f.rule for f in made.findings] == ["described_late"]
