"""One cue as the planner sees it, and the ways in which it may be heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from schema.plan.estimate import count_words, estimate_clip, usual_rate
from schema.plan.gaps import Quiet
from schema.plan.inputs import CueLike, PlanInput
from schema.plan.model import Choice, Clip, Extend, Timebase
from schema.plan.profile import PlanProfile

_NO_CHOICE = Choice()


@dataclass(frozen=True, slots=True)
class Limits:
    """The profile in ticks and grid units."""

    grid: int
    clip_gap: int
    early: int
    late: int
    pause_early: int
    pause_late: int
    merge: int
    word_quiet: int
    min_hold_units: int

    @classmethod
    def of(cls, profile: PlanProfile, timebase: Timebase) -> Limits:
        ticks = timebase.to_ticks
        return cls(
            grid=timebase.grid,
            clip_gap=ticks(profile.clip_gap_ms),
            early=ticks(profile.max_early_ms),
            late=ticks(profile.max_late_ms),
            pause_early=ticks(profile.pause_early_ms),
            pause_late=ticks(profile.pause_late_ms),
            merge=ticks(profile.merge_ms),
            word_quiet=ticks(profile.word_quiet_ms),
            min_hold_units=-(-ticks(profile.min_hold_ms) // timebase.grid),
        )

    def units(self, need: int) -> int:
        """Grid units of a hold that must last `need` ticks."""
        return max(self.min_hold_units, -(-need // self.grid))

    def after_hold(self, at: int, spoken: int, need: int, room: int) -> int:
        """The source time from which a clip may begin after those of a hold at `at` that end at `spoken`, had the
        picture not been held: after their `room`, or earlier where the hold is a unit or more longer than that takes
        (its least length, or so that a description is in time)."""
        end = spoken - self.units(need) * self.grid
        return max(at, (end if end <= room - self.grid else room) + self.clip_gap)


@dataclass(frozen=True, slots=True)
class Task:
    """A cue with its clip, its choices, and what follows from them."""

    index: int
    cue: CueLike
    clip: Clip
    choice: Choice
    wanted: int
    """The cue's in-time in ticks."""
    anchor: int
    """The same, within the programme."""
    words: int
    length: int
    speed: int
    """The slowest speed: a person's choice, else 1000, or less where the voice is too fast to follow."""
    top_speed: int
    extend: Extend
    pause_at: int | None
    """A person's pause point, in ticks."""

    @property
    def pinned(self) -> bool:
        return self.choice.pinned


class Kind(IntEnum):
    INLINE = 0
    HOLD = 1
    JOIN = 2
    """In the hold of the description before it."""
    NONE = 3
    """Not heard: nothing fits."""


@dataclass(slots=True)
class Candidate:
    """One way to be heard.

    `start` is where the clip would begin in source time if no picture were held after it began; a clip that begins
    inside its hold has `start` past `at`. `need` is how long the picture must be held, 0 for inline.
    `exit` is the source time from which the next clip may begin.
    """

    kind: Kind
    start: int
    length: int
    speed: int
    quiet: Quiet | None
    low: int = 0
    """The earliest `start` that is allowed."""
    need: int = 0
    wait: int = 0
    """Of one that shares a hold: ticks from the end of the clip before it."""
    at: int = -1
    exit: int = 0
    late: bool = False
    """Held after what it describes."""
    full: bool = False
    """The picture holds for all of it."""
    forced: bool = False
    chosen: bool = False
    """The pause point is a person's,"""
    borrowed: bool = False
    """for the next cue, which then must share it."""


def stretched(length: int, speed_permille: int) -> int:
    """Ticks of a clip at a speed."""
    return -(-length * 1000 // speed_permille)


def speed_for(length: int, room: int) -> int:
    """The slowest speed at which `length` takes at most `room` ticks."""
    return max(1000, -(-length * 1000 // room)) if room > 0 else 1_000_000


def make_tasks(asked: PlanInput, off_words: Callable[[int, bool], int]) -> list[Task]:
    """One task a cue, in order of in-time and then of the script. `off_words` moves a chosen pause point off
    a word, unless it is forced."""
    ticks = asked.timebase.to_ticks
    voice = asked.voice or usual_rate(asked.language)
    tasks = []
    for index, cue in enumerate(asked.cues):
        choice = asked.choices.get(cue.id, _NO_CHOICE)
        clip = asked.clips.get(cue.id) or estimate_clip(cue.id, cue.text, voice, asked.timebase)
        wanted = ticks(cue.start_ms)
        words = count_words(cue.text, asked.language)
        extend = (choice.extend or asked.extend) if asked.can_hold else Extend.NEVER
        speed = top = choice.speed_permille or 1000
        as_spoken = choice.recording is not None and not choice.may_stretch
        if choice.speed_permille is None and clip.stretchable and not as_spoken:
            speed, top = _speeds(words, clip.length, asked.profile, asked.timebase)
        tasks.append(
            Task(
                index=index,
                cue=cue,
                clip=clip,
                choice=choice,
                wanted=wanted,
                anchor=min(wanted, asked.duration),
                words=words,
                length=clip.length,
                speed=speed,
                top_speed=top,
                extend=extend,
                pause_at=_pause_at(choice, asked, off_words),
            )
        )
    tasks.sort(key=lambda task: (task.wanted, task.index))
    return tasks


def _pause_at(choice: Choice, asked: PlanInput, off_words: Callable[[int, bool], int]) -> int | None:
    if choice.pause_at_ms is None:
        return None
    return off_words(asked.timebase.to_ticks(choice.pause_at_ms), choice.force)


def _speeds(words: int, length: int, profile: PlanProfile, timebase: Timebase) -> tuple[int, int]:
    """The slowest and the fastest speed of the planner's own, which keep the blocking rule on the rate of the script where
    they can."""
    if words < profile.rate_from_words:
        return 1000, profile.max_speed_permille
    allowed = profile.rate_blocking_wpm * length * 1000 // (words * 60 * timebase.rate)
    if profile.min_speed_permille <= allowed < 1000:
        return allowed, allowed
    return 1000, max(1000, min(profile.max_speed_permille, allowed))
