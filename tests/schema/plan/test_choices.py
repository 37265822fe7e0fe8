"""What a person decided is kept."""

from __future__ import annotations

from schema.plan.model import Choice, Extend, Fit
from schema.plan.timemap import TimeMap
from tests.schema.plan.scripts import TIMEBASE, Span, ask, clip, ms, plan, say

GAP = say((0, 1000, "Hello."), (5000, 12_000, "There."))


def test_a_pinned_cue_stays_and_its_neighbour_makes_room() -> None:
    asked = ask(("a", 2500, 1500), ("b", 3000, 1500), words=GAP, choices={"b": Choice(pinned=True)})
    first, second = plan(asked).placements
    assert ms(second.start) == 3000
    assert ms(first.start) == 1200


def test_a_pinned_cue_that_is_too_long_is_held_rather_than_moved() -> None:
    made = plan(ask(("a", 2500, 4000), words=GAP, choices={"a": Choice(pinned=True)}))
    (placed,) = made.placements
    assert ms(placed.start) == ms(placed.source_start) == 2500
    assert placed.fit is Fit.PARTLY_HELD


def test_a_cue_pinned_inside_the_margin_warns() -> None:
    made = plan(ask(("a", 1100, 1500), words=GAP, choices={"a": Choice(pinned=True)}))
    assert ms(made.placements[0].start) == 1100
    (finding,) = made.findings
    assert (finding.rule, finding.severity, finding.measured, finding.limit) == (
        "margin",
        "warning",
        100,
        200,
    )


def test_a_cue_pinned_to_a_word_would_cover_speech() -> None:
    made = plan(ask(("a", 500, 1000), words=GAP, choices={"a": Choice(pinned=True)}))
    assert made.placements[0].fit is Fit.DOES_NOT_FIT
    (finding,) = made.findings
    assert (finding.rule, finding.severity) == ("over_speech", "blocking")
    assert "unpin" in finding.message.lower()


def test_a_recording_that_is_not_measured_yet_is_not_planned_faster() -> None:
    for may_stretch, fit in ((False, Fit.PARTLY_HELD), (True, Fit.FASTER)):
        choice = Choice(recording="gs://bucket/a.wav", may_stretch=may_stretch)
        made = plan(ask(("a", 1500, 4000), words=GAP, choices={"a": choice}))
        assert made.placements[0].fit is fit


def test_inline_only_plays_faster_but_never_holds() -> None:
    choices = {"a": Choice(extend=Extend.NEVER)}
    made = plan(ask(("a", 1500, 4000), words=GAP, choices=choices, extend=Extend.ALWAYS))
    assert made.placements[0].fit is Fit.FASTER
    assert made.pauses == ()


def test_a_cue_that_is_held_for_all_of_it_is_held_when_it_shares_a_pause() -> None:
    """Its neighbour plays into the gap on both sides of the hold; a description set to `always` stays inside."""
    words = say((0, 1000, "Hello."), (6000, 12_000, "There."))
    cues = (("a", 1300, 4000), ("b", 4000, 3000), ("c", 4200, 2500))
    for always in ({"b"}, {"c"}, {"b", "c"}):
        choices = {cue_id: Choice(extend=Extend.ALWAYS) for cue_id in always}
        made = plan(ask(*cues, words=words, choices=choices))
        held = {span.at: span for span in TimeMap.of(made).pauses}
        for placed in made.placements:
            assert placed.pause_index is not None or placed.cue_id not in always
            if placed.cue_id in always:
                hold = held[made.pauses[placed.pause_index or 0].at]
                assert hold.start <= placed.start
                assert placed.start + placed.length <= hold.start + hold.length
                assert placed.fit is Fit.HELD


def test_a_cue_that_shares_a_pause_and_outlasts_it_says_so() -> None:
    made = plan(ask(("a", 0, 1), ("b", 0, 212), duration=1, choices={"b": Choice(extend=Extend.ALLOW)}))
    second = made.placements[1]
    assert second.fit is Fit.PARTLY_HELD or second.start + second.length <= made.added


def test_a_speed_over_the_planners_limit_is_a_persons_and_warns() -> None:
    made = plan(ask(("a", 1500, 4900), words=GAP, choices={"a": Choice(speed_permille=1400)}))
    (placed,) = made.placements
    assert (placed.speed_permille, made.added) == (1400, 0)
    assert placed.length == -(-TIMEBASE.to_ticks(4900) * 1000 // 1400)
    assert "as a person chose" in placed.explanation
    assert [f.rule for f in made.findings] == ["speed_up"]


def test_a_recording_may_be_stretched_where_a_person_says_so() -> None:
    recording = clip("a", 4000, stretchable=False)
    choices = {"a": Choice(speed_permille=1150)}
    made = plan(ask(("a", 1500, 0), words=GAP, clips={"a": recording}, choices=choices))
    assert made.placements[0].speed_permille == 1150


def test_gain_is_carried() -> None:
    assert plan(ask(("a", 1500, 1000), choices={"a": Choice(gain_mb=-350)})).placements[0].gain_mb == -350


def test_a_moved_pause_point_is_kept_to_the_tick() -> None:
    made = plan(ask(("a", 1500, 6000), words=GAP, choices={"a": Choice(pause_at_ms=3333)}))
    (pause,) = made.pauses
    assert pause.at == TIMEBASE.to_ticks(3333)
    assert pause.reason == "A person put it here."
    assert made.placements[0].fit is Fit.PARTLY_HELD


def test_a_moved_pause_point_is_kept_off_words() -> None:
    made = plan(ask(("a", 1500, 6000), words=GAP, choices={"a": Choice(pause_at_ms=900)}))
    assert ms(made.pauses[0].at) == 1000
    assert [f.rule for f in made.findings] == ["pause_moved"]


def test_unless_it_is_forced() -> None:
    made = plan(ask(("a", 1500, 3000), words=GAP, choices={"a": Choice(pause_at_ms=700, force=True)}))
    (pause,), (placed,) = made.pauses, made.placements
    assert (ms(pause.at), pause.forced) == (700, True)
    assert placed.fit is Fit.HELD
    assert placed.start - pause.at >= TIMEBASE.to_ticks(200)
    assert pause.at + pause.ticks - placed.start - placed.length >= TIMEBASE.to_ticks(200)


def test_a_chosen_pause_on_black_is_kept_and_warned_of() -> None:
    made = plan(
        ask(("a", 1500, 6000), words=GAP, choices={"a": Choice(pause_at_ms=3000)}, black=[Span(2500, 3500)])
    )
    assert ms(made.pauses[0].at) == 3000
    assert [f.rule for f in made.findings] == ["pause_picture"]


def test_two_chosen_pauses_within_a_second_are_both_kept() -> None:
    choices = {"a": Choice(pause_at_ms=2000), "b": Choice(pause_at_ms=2600)}
    made = plan(ask(("a", 2000, 3000), ("b", 2600, 3000), words=GAP, choices=choices))
    assert [ms(pause.at) for pause in made.pauses] == [2000, 2600]
    assert "pauses_close" in [f.rule for f in made.findings]


def test_an_earlier_cue_shares_the_pause_that_was_chosen_for_the_next() -> None:
    words = say((0, 8000, "end."), (8040, 8800, "end."), (8840, 20_000, "end."))
    choices = {"b": Choice(pause_at_ms=8820)}
    made = plan(ask(("a", 8100, 3000), ("b", 9000, 2000), words=words, choices=choices))
    assert len(made.pauses) == 1 or made.pauses[1].at - made.pauses[0].at >= TIMEBASE.to_ticks(1000)
    assert TIMEBASE.to_ticks(8820) in [pause.at for pause in made.pauses]
    assert all(placed.fit is not Fit.DOES_NOT_FIT for placed in made.placements)


def test_choices_of_cues_that_are_gone_are_ignored() -> None:
    asked = ask(("a", 1500, 1000), choices={"gone": Choice(pinned=True)})
    assert len(plan(asked).placements) == 1
