"""Small programmes and scripts for the tests of the plan, in milliseconds, and what must hold of any plan."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any

from schema.plan.inputs import PlanCue, PlanInput
from schema.plan.model import Choice, Clip, Extend, Fit, Plan, Timebase
from schema.plan.overlap import speech_in_render, speech_overlap
from schema.plan.picture import read_picture
from schema.plan.planner import make_ladder, plan
from schema.plan.timemap import TimeMap
from schema.vtt.words import Word

TIMEBASE = Timebase()


@dataclass(frozen=True)
class Scene:
    at_ms: int
    kind: str = "cut"
    until_ms: int | None = None


@dataclass(frozen=True)
class Span:
    start_ms: int
    end_ms: int


def say(*spoken: tuple[int, int, str]) -> tuple[Word, ...]:
    """Words from (start, end, text)."""
    return tuple(Word(start_ms=start, end_ms=end, text=text) for start, end, text in spoken)


def clip(cue_id: str, length_ms: int, **more: Any) -> Clip:
    return Clip(cue_id=cue_id, length=TIMEBASE.to_ticks(length_ms), sha256="0" * 64, **more)


def ask(
    *cues: tuple[str, int, int], duration: int = 20_000, text: str = "A man walks in.", **more: Any
) -> PlanInput:
    """An input from cues as (id, in-time, length of the clip)."""
    clips = {cue_id: clip(cue_id, length) for cue_id, _, length in cues}
    return PlanInput(
        timebase=TIMEBASE,
        duration=TIMEBASE.to_ticks(duration),
        cues=[PlanCue(cue_id, start, start + 1000, text) for cue_id, start, _ in cues],
        **{"clips": clips, **more},
    )


def ms(ticks: int, timebase: Timebase = TIMEBASE) -> int:
    return timebase.to_ms(ticks)


def objective(made: Plan) -> tuple[int, int, int, int]:
    """(cues not heard, late holds, holds away from a sentence end, added ticks)"""
    return (
        sum(placed.fit is Fit.DOES_NOT_FIT for placed in made.placements),
        sum(finding.rule == "described_late" for finding in made.findings),
        sum(pause.reason.startswith("Between two words") for pause in made.pauses),
        made.added,
    )


def check_plan(asked: PlanInput, made: Plan) -> None:
    """Everything that a plan promises, whatever it was asked."""
    _check_sums(asked, made)
    _check_clips(asked, made)
    _check_pauses(asked, made)
    _check_choices(asked, made)


def _check_sums(asked: PlanInput, made: Plan) -> None:
    grid = asked.timebase.grid
    assert made.added == sum(pause.ticks for pause in made.pauses)
    assert made.rendered_duration == asked.duration + made.added
    least = asked.timebase.to_ticks(asked.profile.min_hold_ms)
    for pause in made.pauses:
        assert pause.ticks == pause.units * grid
        assert pause.ticks >= least
    assert [p.cue_index for p in made.placements] == list(range(len(asked.cues)))
    assert [p.cue_id for p in made.placements] == [cue.id for cue in asked.cues]
    blocked = {f.cue_id for f in made.findings if f.rule in ("does_not_fit", "over_speech")}
    assert blocked == {p.cue_id for p in made.placements if p.fit is Fit.DOES_NOT_FIT}


def _check_clips(asked: PlanInput, made: Plan) -> None:
    ticks = asked.timebase.to_ticks
    time_map = TimeMap.of(made)
    speech = make_ladder(asked).speech
    spoken = speech_in_render(speech, made)
    assert speech_overlap(speech, made) == {}
    heard = sorted((p for p in made.placements if p.length), key=lambda p: p.start)
    order = [(p.wanted, p.cue_index) for p in heard]
    assert order == sorted(order)
    for before, after in itertools.pairwise(heard):
        assert after.start - (before.start + before.length) >= ticks(asked.profile.clip_gap_ms)
    for placement in heard:
        start, end = placement.start, placement.start + placement.length
        choice = asked.choices.get(placement.cue_id, Choice())
        assert placement.length == -(-placement.clip_length * 1000 // placement.speed_permille)
        assert start >= 0 and end <= made.rendered_duration
        assert placement.source_start == time_map.to_source(start)
        assert placement.explanation.endswith(".")
        margin = 0 if choice.pinned else ticks(asked.profile.margin_ms)
        for a, b in spoken:
            assert end + margin <= a or b + margin <= start, (placement, a, b)


def _check_pauses(asked: PlanInput, made: Plan) -> None:
    ticks = asked.timebase.to_ticks
    ladder = make_ladder(asked)
    speech, picture = ladder.speech, read_picture(asked)
    close = any(f.rule == "pauses_close" for f in made.findings)
    for before, after in zip(made.pauses, made.pauses[1:], strict=False):
        assert after.at > before.at
        assert close or after.at - before.at >= ticks(asked.profile.merge_ms)
    chosen = {c for c, choice in asked.choices.items() if choice.pause_at_ms is not None}
    for i, pause in enumerate(made.pauses):
        assert set(pause.cue_ids) == {p.cue_id for p in made.placements if p.pause_index == i}
        assert (speech.inside(pause.at) is not None) == pause.forced
        if chosen.isdisjoint(pause.cue_ids):
            assert picture.clean(pause.at)
            assert not pause.forced
            k = bisect_right(speech.ends, pause.at)
            closes = k == 0 or k == len(speech.ends) or speech.closes[k - 1]
            j = bisect_left(speech.starts, pause.at)
            quiet_from = speech.ends[k - 1] if k else 0
            quiet_to = speech.starts[j] if j < len(speech.starts) else asked.duration
            quiet = quiet_to - quiet_from
            assert closes or quiet >= ticks(asked.profile.word_quiet_ms)


def _check_choices(asked: PlanInput, made: Plan) -> None:
    ticks = asked.timebase.to_ticks
    profile = asked.profile
    for placement in made.placements:
        choice = asked.choices.get(placement.cue_id, Choice())
        extend = (choice.extend or asked.extend) if asked.can_hold else Extend.NEVER
        assert placement.gain_mb == (choice.gain_mb or 0)
        if not placement.length:
            continue
        if choice.speed_permille is not None:
            assert placement.speed_permille == choice.speed_permille
        else:
            assert profile.min_speed_permille <= placement.speed_permille <= profile.max_speed_permille
        anchor = min(placement.wanted, asked.duration)
        if choice.pause_at_ms is None:
            pause = None if placement.pause_index is None else made.pauses[placement.pause_index]
            held = pause is not None and pause.at <= placement.source_start
            early = ticks(profile.pause_early_ms if held else profile.max_early_ms)
            assert anchor - placement.source_start <= early
            late = any(f.rule == "described_late" and f.cue_id == placement.cue_id for f in made.findings)
            assert placement.source_start - anchor <= ticks(
                profile.pause_late_ms if late else profile.max_late_ms
            )
            if choice.pinned:
                assert placement.source_start == anchor
        if extend is Extend.NEVER:
            assert placement.pause_index is None
        if extend is Extend.ALWAYS or placement.fit is Fit.HELD:
            assert placement.fit is Fit.HELD and placement.pause_index is not None
            hold = TimeMap.of(made).pauses[placement.pause_index]
            assert hold.start <= placement.start
            assert placement.start + placement.length <= hold.start + hold.length
        if choice.pause_at_ms is not None and extend is not Extend.NEVER:
            assert placement.pause_index is not None
            at = made.pauses[placement.pause_index].at
            moved = any(f.rule == "pause_moved" and f.cue_id == placement.cue_id for f in made.findings)
            assert moved or at == min(ticks(choice.pause_at_ms), make_ladder(asked).picture.last)


__all__ = ["TIMEBASE", "Scene", "Span", "ask", "check_plan", "clip", "ms", "objective", "plan", "say"]
