"""The fit ladder, rung by rung. The gap is 1.2 to 4.8 s: speech at 0 to 1 and 5 to 8, less 200 ms at each end."""

from __future__ import annotations

import pytest

from schema.plan.model import Choice, Extend, Fit, Plan
from tests.schema.plan.scripts import TIMEBASE, Scene, Span, ask, clip, ms, plan, say

GAP = say((0, 1000, "Hello."), (5000, 6500, "There"), (6520, 8000, "you"), (8050, 12_000, "are."))


def only(made: Plan):  # type: ignore[no-untyped-def]
    assert len(made.placements) == 1
    return made.placements[0]


def test_what_fits_is_left_as_it_is() -> None:
    made = plan(ask(("a", 1500, 3300), words=GAP))
    placed = only(made)
    assert placed.fit is Fit.AS_IS
    assert ms(placed.start) == 1500
    assert (ms(placed.gap_start), ms(placed.gap_end)) == (1200, 4800)
    assert placed.explanation == "Takes 3.3 s and fits as it is: 3.3 s are free at its own time."
    assert made.findings == ()


def test_silence_of_a_clip_is_trimmed_first() -> None:
    trimmed = clip("a", 3300, trimmed=TIMEBASE.to_ticks(400))
    placed = only(plan(ask(("a", 1500, 0), words=GAP, clips={"a": trimmed})))
    assert placed.fit is Fit.TRIMMED
    assert "0.4 s of silence were cut" in placed.explanation


def test_then_it_moves_into_the_time_before_it() -> None:
    placed = only(plan(ask(("a", 1700, 3300), words=GAP)))
    assert placed.fit is Fit.SHIFTED
    assert ms(placed.start) == 1500
    assert "starts 0.2 s earlier" in placed.explanation


def test_speech_at_its_own_time_moves_it_before_rather_than_after() -> None:
    words = say((2000, 2400, "Oh."))
    placed = only(plan(ask(("a", 2200, 1000), words=words)))
    assert ms(placed.start) == 800
    assert placed.fit is Fit.SHIFTED


def test_it_moves_after_where_before_is_too_far() -> None:
    words = say((0, 2400, "Oh."))
    placed = only(plan(ask(("a", 2200, 1000), words=words)))
    assert ms(placed.start) == 2600
    assert "0.4 s later" in placed.explanation


def test_then_it_plays_faster_and_no_faster_than_it_must() -> None:
    made = plan(ask(("a", 1500, 4000), words=GAP))
    placed = only(made)
    assert placed.fit is Fit.FASTER
    assert placed.speed_permille == 1112  # 4000 ms in 3600 ms
    assert placed.start >= TIMEBASE.to_ticks(1200)
    assert placed.start + placed.length <= TIMEBASE.to_ticks(4800)
    assert made.added == 0
    assert "1.112 times as fast" in placed.explanation


def test_a_recording_of_a_person_is_never_stretched() -> None:
    recording = clip("a", 4000, stretchable=False)
    placed = only(plan(ask(("a", 1500, 0), words=GAP, clips={"a": recording})))
    assert placed.speed_permille == 1000
    assert placed.fit is Fit.PARTLY_HELD


def test_a_fast_script_is_held_rather_than_sped_up_past_the_blocking_rate() -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"  # In 3.6 s, over 200 a minute
    made = plan(ask(("a", 1500, 4000), words=GAP, text=text))
    assert only(made).fit is Fit.PARTLY_HELD
    assert [f for f in made.findings if f.severity == "blocking"] == []


def test_a_voice_that_is_too_fast_is_played_slower() -> None:
    made = plan(ask(("a", 1500, 2300), words=GAP, text="one two three four five six seven eight nine"))  # 235
    placed = only(made)
    assert placed.speed_permille == 851
    assert [(finding.rule, finding.severity) for finding in made.findings] == [
        ("description_rate", "warning")
    ]
    assert placed.explanation.endswith(" It plays at 0.851 of its voice's pace, which is too fast to follow.")


def test_a_script_that_is_too_fast_in_itself_is_found() -> None:
    made = plan(ask(("a", 1500, 2200), words=GAP, text="one two three four five six seven eight nine"))  # 245
    (finding,) = made.findings
    assert (finding.rule, finding.severity) == ("description_rate_blocking", "blocking")
    assert (finding.measured, finding.limit) == (245.5, 200)


def test_a_recording_that_is_too_fast_is_found_and_left_as_it_is() -> None:
    recording = clip("a", 2300, stretchable=False)
    made = plan(
        ask(
            ("a", 1500, 0),
            words=GAP,
            clips={"a": recording},
            text="one two three four five six seven eight nine",
        )
    )
    assert only(made).speed_permille == 1000
    assert [finding.rule for finding in made.findings] == ["description_rate_blocking"]


def test_a_little_over_two_hundred_words_a_minute_is_over() -> None:
    text = "one two three four five six seven eight nine ten"
    for length, severities in ((3000, ["warning"]), (2990, ["blocking"])):  # 200 and 200.7
        made = plan(
            ask(("a", 1500, 0), words=GAP, text=text, clips={"a": clip("a", length, stretchable=False)})
        )
        assert [finding.severity for finding in made.findings] == severities


def test_then_the_picture_waits_for_the_rest() -> None:
    made = plan(ask(("a", 1500, 6000), words=GAP))
    placed = only(made)
    assert placed.fit is Fit.PARTLY_HELD
    (pause,) = made.pauses
    assert placed.speed_permille <= 1200
    assert ms(placed.start) in range(1200, 1220)
    assert pause.ticks == pause.units * 1024 == made.added
    assert pause.ticks - TIMEBASE.to_ticks(5000 - 3600) in range(1024)
    assert pause.at < TIMEBASE.to_ticks(4801)
    assert "and the picture holds for 1.4 s at 00:00:04.79" in placed.explanation
    assert pause.reason == "Where a sentence ends."


def test_a_short_hold_is_lengthened_to_half_a_second() -> None:
    made = plan(ask(("a", 1500, 4400), words=GAP))
    assert made.pauses[0].units == 24  # 512 ms: the first whole unit over 500
    assert only(made).speed_permille < 1100  # What the longer hold leaves is given back to the pace.


def test_or_for_the_whole_where_that_is_set() -> None:
    made = plan(ask(("a", 2500, 3000), words=GAP, extend=Extend.ALWAYS))
    placed = only(made)
    assert placed.fit is Fit.HELD
    assert placed.speed_permille == 1000
    assert ms(placed.source_start) == ms(made.pauses[0].at) == 2500
    assert made.pauses[0].ticks >= placed.length


def test_never_is_a_blocking_finding_that_counts_the_words_that_fit() -> None:
    text = "one two three four five six seven eight nine ten"
    made = plan(ask(("a", 1500, 6000), words=GAP, text=text, extend=Extend.NEVER))
    placed = only(made)
    (finding,) = made.findings
    assert placed.fit is Fit.DOES_NOT_FIT
    assert (placed.length, made.added) == (0, 0)
    assert (finding.rule, finding.severity, finding.cue_id) == ("does_not_fit", "blocking", "a")
    assert (finding.measured, finding.limit) == (10, 7)  # 3.6 s at 1.2, of 6 s
    assert "7 of its 10 words" in finding.message
    assert "00:00:01.500" in finding.message


def test_no_accessible_video_means_no_hold_whatever_a_cue_says() -> None:
    asked = ask(("a", 1500, 6000), words=GAP, can_hold=False, choices={"a": Choice(extend=Extend.ALWAYS)})
    made = plan(asked)
    assert only(made).fit is Fit.DOES_NOT_FIT
    assert "let the picture wait" not in made.findings[0].message


class TestPausePoints:
    """Speech wall to wall from 0 to 20 s, but for the given quiet."""

    def speech(self, *quiet: tuple[int, int, str]) -> tuple[object, ...]:
        edges = [(0, "")] + [(end, text) for _, end, text in quiet]
        ends = [start for start, _, _ in quiet] + [20_000]
        texts = [text for _, _, text in quiet] + ["word"]
        return say(*[(a, e, t) for (a, _), e, t in zip(edges, ends, texts, strict=True)])

    def test_a_sentence_end_goes_before_a_nearer_and_longer_word_boundary(self) -> None:
        words = self.speech((6000, 6040, "end."), (8000, 8390, "word"))
        made = plan(ask(("a", 10_000, 3000), words=words))
        assert 6000 <= ms(made.pauses[0].at) <= 6040
        assert made.pauses[0].reason == "Where a sentence ends."

    def test_then_a_word_boundary_with_a_quarter_second_of_quiet(self) -> None:
        words = self.speech((7000, 7240, "word"), (8000, 8260, "word"), (9000, 9100, "word"))
        made = plan(ask(("a", 10_000, 3000), words=words))
        assert 8000 <= ms(made.pauses[0].at) <= 8260
        assert made.pauses[0].reason == "Between two words."

    def test_the_margins_that_the_silence_lacks_are_part_of_the_hold(self) -> None:
        words = self.speech((8000, 8100, "end."))
        made = plan(ask(("a", 10_000, 3000), words=words, extend=Extend.ALWAYS))
        (pause,), placed = made.pauses, only(made)
        assert placed.gap_start == placed.gap_end == pause.at
        before = TIMEBASE.to_ticks(8000)
        assert placed.start - before >= TIMEBASE.to_ticks(200)
        after = TIMEBASE.to_ticks(8100) + pause.ticks
        assert after - (placed.start + placed.length) >= TIMEBASE.to_ticks(200)

    @pytest.mark.parametrize("more", [{}, {"scenes": [Scene(3500)]}, {"black": [Span(3800, 4060)]}])
    def test_it_comes_at_most_six_seconds_before_what_it_describes(self, more: dict[str, object]) -> None:
        words = self.speech((2000, 4100, "end."))
        (pause,) = plan(ask(("a", 10_000, 3000), words=words, **more)).pauses
        assert 4000 <= ms(pause.at) <= 4100

    def test_where_there_is_none_before_the_cue_it_comes_after_and_says_so(self) -> None:
        words = self.speech((10_500, 10_540, "end."))
        made = plan(ask(("a", 10_000, 3000), words=words))
        assert 10_500 <= ms(made.pauses[0].at) <= 10_540
        assert [f.rule for f in made.findings] == ["described_late"]

    def test_where_there_is_none_at_all_a_person_must_choose(self) -> None:
        made = plan(ask(("a", 10_000, 3000), words=self.speech()))
        assert only(made).fit is Fit.DOES_NOT_FIT
        assert "choose a pause point" in made.findings[0].message

    def test_on_the_last_frame_before_a_cut(self) -> None:
        words = self.speech((8000, 9000, "end."))
        asked = ask(
            ("a", 10_000, 6000),
            words=words,
            scenes=[Scene(8342)],  # frame 200 of 23.976: 8341.67 ms
            frame_rate=(24_000, 1001),
        )
        (pause,) = plan(asked).pauses
        assert pause.at == 200 * 1001 * 48_000 // 24_000
        assert pause.reason == "Where a sentence ends, on the last frame before a cut."

    @pytest.mark.parametrize("kind", ["black", "dissolve"])
    def test_never_on_black_nor_in_a_dissolve(self, kind: str) -> None:
        words = self.speech((8000, 9000, "end."))
        dirty = {"black": [Span(8600, 9400)]} if kind == "black" else {"scenes": [Scene(8600, kind, 9400)]}
        (pause,) = plan(ask(("a", 10_000, 6000), words=words, frame_rate=(25, 1), **dirty)).pauses
        assert ms(pause.at) == 8600  # Holds the frame before it.

    def test_a_silence_that_is_all_black_is_passed_over(self) -> None:
        words = self.speech((6000, 6100, "end."), (8000, 8100, "end."))
        black = [Span(7900, 8300)]
        (pause,) = plan(ask(("a", 10_000, 3000), words=words, black=black)).pauses
        assert 6000 <= ms(pause.at) <= 6100

    def test_neighbours_closer_than_a_second_merge(self) -> None:
        words = self.speech((8000, 8040, "end."), (8800, 8840, "end."))
        made = plan(ask(("a", 8100, 3000), ("b", 9000, 2000), words=words))
        (pause,) = made.pauses
        assert pause.cue_ids == ("a", "b")
        first, second = made.placements
        assert second.start == first.start + first.length + TIMEBASE.to_ticks(300)
        assert "together with 1 other description" in second.explanation

    @pytest.mark.parametrize("wanted", [1100, 600])  # In its room, and in the margin before it
    def test_a_hold_is_long_enough_for_the_next_description_to_be_in_time(self, wanted: int) -> None:
        """The first fits its gap. The second has to begin a second after its in-time at the latest, while it plays."""
        words = say((0, 500, "So."), (7000, 12_000, "Yes."))
        made = plan(ask(("a", wanted, 4800), ("b", 1300, 2400), words=words))
        (pause,) = made.pauses
        first, second = made.placements
        assert ms(second.source_start) <= 2300
        # From the room's start, 4800 / 1.2 and 300 ms between them, less what is left before 2.3 s
        assert pause.ticks - TIMEBASE.to_ticks(700 + 4000 + 300 - 2300) in range(-1024, 1025)
        assert first.speed_permille <= 1200 and made.findings == ()
        assert (second.fit, second.speed_permille) == (Fit.SHIFTED, 1000)
        assert second.explanation.startswith("Takes 2.4 s and starts 1.0 s later: ")

    def test_two_descriptions_share_what_their_gap_lacks(self) -> None:
        """Not one hold each: the gap is used up, and the picture waits once, for the rest."""
        made = plan(ask(("a", 1500, 3000), ("b", 2000, 4000), words=GAP))
        (pause,) = made.pauses
        # (3000 + 4000) / 1.2 and 300 ms between them, less the gap's 3600 ms
        assert pause.ticks - TIMEBASE.to_ticks(2534) in range(-1024, 1024)
