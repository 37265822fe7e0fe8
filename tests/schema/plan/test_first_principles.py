"""The plan against searches that know nothing of its candidates: every start, every pause, every length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from schema.plan.model import Clip, Extend, Fit, Timebase
from schema.plan.planner import make_ladder
from schema.plan.profile import PlanProfile
from schema.plan.speech import Speech
from tests.schema.plan.scripts import ask, objective, plan, say


def most_heard(starts: Sequence[int], lengths: Sequence[int], gap: tuple[int, int]) -> int:
    """How many descriptions a gap takes, from first principles: of every subset, each as fast and as early as it may
    be; what cannot be placed so cannot be placed at all."""
    for size in range(len(starts), 0, -1):
        for chosen in combinations(range(len(starts)), size):
            free = gap[0]
            for i in chosen:
                begin = max(free, starts[i] - 3000)
                end = begin + -(-lengths[i] * 1000 // 1200)
                if begin > starts[i] + 1000 or end > gap[1]:
                    break
                free = end + 300
            else:
                return size
    return 0


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(500, 9000), st.integers(600, 4000)), min_size=1, max_size=5),
    st.integers(4000, 9000),
)
def test_as_many_are_heard_as_can_be(cues: list[tuple[int, int]], gap_end: int) -> None:
    """In one gap and without holds, against a search that knows nothing of candidates."""
    cues.sort(key=lambda cue: cue[0])
    words = say((0, 800, "end."), (gap_end + 200, 20_000, "end."))
    asked = ask(*[(f"c{i}", start, length) for i, (start, length) in enumerate(cues)], words=words)
    asked = replace(asked, timebase=Timebase(rate=1000, grid=1), duration=20_000, extend=Extend.NEVER)
    asked = replace(
        asked,
        clips={f"c{i}": Clip(cue_id=f"c{i}", length=length) for i, (_, length) in enumerate(cues)},
        profile=PlanProfile(rate_from_words=99),
    )
    made = plan(asked)
    heard = sum(placed.fit is not Fit.DOES_NOT_FIT for placed in made.placements)
    expected = most_heard([start for start, _ in cues], [length for _, length in cues], (1000, gap_end))
    assert heard == expected


TENTHS = Timebase(rate=10, grid=1)
"""A tick is a tenth of a second, so that every pause of every length can be tried."""
MARGIN, EARLY, LATE, PAUSE_EARLY, LEAST_HOLD, WORD_QUIET = 2, 15, 5, 25, 5, 3
COARSE = PlanProfile(
    max_early_ms=1500,
    max_late_ms=500,
    pause_early_ms=2500,
    word_quiet_ms=300,
    cut_reach_ms=0,
    rate_from_words=99,
)


def can_be_heard(speech: Speech, duration: int, anchor: int, length: int, at: int, hold: int) -> bool:
    """Whether some start keeps a clip clear of speech, near enough to its in-time, with a hold of `hold` at `at`."""
    spoken = [
        (a + hold * (a >= at), b + hold * (b > at)) for a, b in zip(speech.starts, speech.ends, strict=True)
    ]
    for start in range(duration + hold - length + 1):
        end = start + length
        if any(start < b + MARGIN and end > a - MARGIN for a, b in spoken):
            continue
        inside = hold and start >= at and end <= at + hold
        source = start if start < at else max(at, start - hold)
        if anchor - (PAUSE_EARLY if inside else EARLY) <= source <= anchor + LATE:
            return True
    return False


def least_hold(speech: Speech, duration: int, anchor: int, length: int) -> tuple[int, int] | None:
    """(whether the pause lies between two words, how long it is) for the best of every pause; None without one."""
    if can_be_heard(speech, duration, anchor, length, 0, 0):
        return 0, 0
    found = []
    edges = zip(
        (0, *speech.ends), (*speech.starts, duration), (True, *speech.closes[:-1], True), strict=False
    )
    for start, end, closes in edges:
        if start > anchor or (end - start < WORD_QUIET and not closes):
            continue
        for at in range(start, end + 1):
            serves = (can_be_heard(speech, duration, anchor, length, at, hold) for hold in range(5, 30))
            found += [(int(not closes), hold) for hold, serve in enumerate(serves, LEAST_HOLD) if serve][:1]
    return min(found, default=None)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(2, 12),
            st.sampled_from([0, 0, 1, 3, 4, 6, 10, 20]),
            st.sampled_from([True, False, False]),
        ),
        max_size=12,
    ),
    st.integers(30, 50),
    st.integers(0, 45),
    st.integers(6, 24),
)
def test_no_pause_anywhere_is_shorter(
    spoken: list[tuple[int, int, bool]], duration: int, wanted: int, length: int
) -> None:
    """One description against a search that knows nothing of candidates: every pause, length and start."""
    words, at = [], 0
    for long, quiet, closes in spoken:
        words.append(((at * 100), (at + long) * 100, "end." if closes else "word"))
        at += long + quiet
    asked = replace(
        ask(("a", wanted * 100, 0), words=say(*words)),
        timebase=TENTHS,
        duration=duration,
        clips={"a": Clip(cue_id="a", length=length)},
        punctuated=True,
        profile=COARSE,
    )
    expected = least_hold(
        make_ladder(asked).speech, duration, min(wanted, duration), -(-length * 1000 // 1200)
    )
    made = objective(plan(asked))
    assert (made[2:] if made[:2] == (0, 0) else None) == expected


def test_a_description_is_heard_early_where_the_next_one_needs_the_silence() -> None:
    """All of it in a pause at the silence's beginning, rather than in the silence with a longer one for the next."""
    clips = {"a": 18, "b": 20}
    asked = replace(
        ask(("a", 3000, 0), ("b", 3100, 0), words=say((0, 1100, "end."))),
        timebase=TENTHS,
        duration=33,
        clips={name: Clip(cue_id=name, length=length) for name, length in clips.items()},
        punctuated=True,
        profile=COARSE,
    )
    assert objective(plan(asked)) == (0, 0, 0, 15)
