"""The quiet between speech, and the room in it for a description."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from schema.plan.model import Timebase
from schema.plan.profile import PlanProfile
from schema.plan.speech import Speech


@dataclass(frozen=True, slots=True)
class Quiet:
    """One silence, in source ticks: no speech from `start` to `end`.

    `room_start` to `room_end` is what is left of it when the margins are taken off. Where the silence is shorter
    than its two margins, `room_end` comes before `room_start`, and the difference is what a hold there must add.
    """

    index: int
    start: int
    end: int
    room_start: int
    room_end: int
    closes: bool
    """A sentence ends before it."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """All silences in order. There is one before the first speech and one after the last, possibly empty."""

    quiets: tuple[Quiet, ...]
    starts: tuple[int, ...]
    """Start of every silence, for look-up."""
    rooms: tuple[Quiet, ...]
    """Those with room for a clip."""
    room_starts: tuple[int, ...]
    room_ends: tuple[int, ...]

    def at(self, tick: int) -> Quiet:
        """The silence that `tick` lies in, or the last one before it."""
        return self.quiets[max(0, bisect_right(self.starts, tick) - 1)]

    def before(self, tick: int, earliest: int) -> Iterator[Quiet]:
        """Silences that begin at or before `tick` and end at or after `earliest`, latest first."""
        for i in range(bisect_right(self.starts, tick) - 1, -1, -1):
            if self.quiets[i].end < earliest:
                return
            yield self.quiets[i]

    def after(self, tick: int, latest: int) -> Iterator[Quiet]:
        """Silences that begin after `tick` and at or before `latest`."""
        for i in range(bisect_right(self.starts, tick), bisect_right(self.starts, latest)):
            yield self.quiets[i]

    def rooms_between(self, earliest: int, latest: int) -> tuple[Quiet, ...]:
        """Rooms that reach into [earliest, latest]."""
        return self.rooms[bisect_left(self.room_ends, earliest) : bisect_right(self.room_starts, latest)]


def find_gaps(speech: Speech, duration: int, timebase: Timebase, profile: PlanProfile) -> Gaps:
    """The silences of a programme. Its own beginning and end need no margin: nobody speaks there."""
    margin = timebase.to_ticks(profile.margin_ms)
    starts = (0, *[min(end, duration) for end in speech.ends])
    ends = (*[min(start, duration) for start in speech.starts], duration)
    closes = (True, *speech.closes[:-1], True)
    last = len(starts) - 1
    quiets = []
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        room_start = start + margin if i else start
        room_end = end - margin if i < last else max(end, start)
        quiets.append(Quiet(i, start, max(start, end), room_start, room_end, closes[i]))
    rooms = tuple([quiet for quiet in quiets if quiet.room_end > quiet.room_start])
    return Gaps(
        tuple(quiets),
        starts,
        rooms,
        tuple([room.room_start for room in rooms]),
        tuple([room.room_end for room in rooms]),
    )
