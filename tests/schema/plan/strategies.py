"""Any programme, any script, any choices."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from schema.plan.inputs import PlanCue, PlanInput
from schema.plan.model import Choice, Clip, Extend, Timebase
from schema.vtt.words import Word
from tests.schema.plan.scripts import Scene, Span

TIMEBASES = st.sampled_from([Timebase(), Timebase(rate=44_100), Timebase(rate=22_050), Timebase(grid=1)])


@st.composite
def spoken(draw: Any, duration: int, dense: bool) -> tuple[Word, ...]:
    """Words of up to `duration` ms, with anything from no quiet to seconds of it between them."""
    quiet = st.sampled_from([0, 0, 20, 80, 250, 300] if dense else [0, 30, 250, 399, 401, 700, 1500, 4000])
    words = []
    at = draw(st.sampled_from([0, 0, 150, 900, 5000]))
    for length, gap, closes in draw(
        st.lists(st.tuples(st.integers(0, 900), quiet, st.booleans()), max_size=25)
    ):
        if at + length > duration:
            break
        words.append(Word(start_ms=at, end_ms=at + length, text="end." if closes else "word"))
        at += length + gap
    return tuple(words)


def choices(duration: int) -> st.SearchStrategy[Choice]:
    return st.builds(
        Choice,
        pinned=st.sampled_from([False, False, True]),
        extend=st.sampled_from([None, None, *Extend]),
        speed_permille=st.sampled_from([None, None, 1000, 1150, 1400]),
        gain_mb=st.sampled_from([None, -300, 600]),
        pause_at_ms=st.none() | st.integers(0, duration + 1000),
        force=st.booleans(),
    )


@st.composite
def programmes(draw: Any, *, most_cues: int = 7, shortest: int = 0, chosen: bool = True) -> PlanInput:
    """A whole input. `shortest` is the least length of a clip in ms."""
    timebase = draw(TIMEBASES)
    duration = draw(st.integers(0 if shortest == 0 else 4000, 25_000))
    starts = draw(st.lists(st.integers(0, duration + 2000), max_size=most_cues))
    cues = [PlanCue(f"c{i}", start, start + 1000, "one two three four") for i, start in enumerate(starts)]
    clips = {}
    for cue in cues:
        length = timebase.to_ticks(draw(st.integers(shortest, 6000)))
        clips[cue.id] = Clip(cue_id=cue.id, length=length, stretchable=draw(st.booleans()), sha256="0" * 64)
    made = {cue.id: draw(choices(duration)) for cue in cues if chosen and draw(st.booleans())}
    times = st.integers(0, max(1, duration))
    return PlanInput(
        timebase=timebase,
        duration=timebase.to_ticks(duration),
        cues=cues,
        words=draw(spoken(duration, draw(st.booleans()))),
        clips=clips,
        choices=made,
        extend=draw(st.sampled_from([Extend.ALLOW, *Extend])),
        can_hold=draw(st.sampled_from([True, True, True, False])),
        scenes=[Scene(at) for at in draw(st.lists(times, max_size=4))],
        black=[Span(at, at + 700) for at in draw(st.lists(times, max_size=2))],
        frame_rate=draw(st.sampled_from([None, (25, 1), (30_000, 1001), (24_000, 1001)])),
    )
