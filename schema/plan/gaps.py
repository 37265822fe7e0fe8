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
    """All silences in order: silence `i` comes before speech interval `i`, and one after the last; each may be
    empty. There are thousands, and a plan looks at few, so `Quiet` is made when one is asked for."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    closes: tuple[bool, ...]
    margin: int
    rooms: tuple[int, ...]
    """Indices of the silences with room for a clip."""
    room_starts: tuple[int, ...]
    room_ends: tuple[int, ...]

    @property
    def last(self) -> int:
        """The index of the silence at the end of the programme."""
        return len(self.starts) - 1

    def quiet(self, index: int) -> Quiet:
        """One silence. The programme's own beginning and end need no margin: nobody speaks there."""
        start, end = self.starts[index], self.ends[index]
        room_start = start + self.margin if index else start
        room_end = end - self.margin if index < self.last else end
        return Quiet(index, start, end, room_start, room_end, self.closes[index])

    def at(self, tick: int) -> Quiet:
        """The silence that `tick` lies in, or the last one before it."""
        return self.quiet(max(0, bisect_right(self.starts, tick) - 1))

    def before(self, tick: int, earliest: int, least: int) -> Iterator[Quiet]:
        """Silences that begin at or before `tick` and end at or after `earliest`, latest first: those where a
        sentence ends, and those of at least `least` ticks."""
        for i in range(bisect_right(self.starts, tick) - 1, -1, -1):
            if self.ends[i] < earliest:
                return
            if self.closes[i] or self.ends[i] - self.starts[i] >= least:
                yield self.quiet(i)

    def after(self, tick: int, latest: int, least: int) -> Iterator[Quiet]:
        """The same, of those that begin after `tick` and at or before `latest`, earliest first."""
        for i in range(bisect_right(self.starts, tick), bisect_right(self.starts, latest)):
            if self.closes[i] or self.ends[i] - self.starts[i] >= least:
                yield self.quiet(i)

    def rooms_between(self, earliest: int, latest: int) -> Iterator[Quiet]:
        """Rooms that reach into [earliest, latest]."""
        for i in range(bisect_left(self.room_ends, earliest), bisect_right(self.room_starts, latest)):
            yield self.quiet(self.rooms[i])


def find_gaps(speech: Speech, duration: int, timebase: Timebase, profile: PlanProfile) -> Gaps:
    """The silences of a programme of `duration` ticks; none of `speech` lies past its end."""
    margin = timebase.to_ticks(profile.margin_ms)
    starts: tuple[int, ...] = (0, *speech.ends)
    ends: tuple[int, ...] = (*speech.starts, duration)
    last, both = len(starts) - 1, 2 * margin
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    rooms = [i for i, length in enumerate(lengths) if length > both or (i in (0, last) and length > margin)]
    return Gaps(
        starts,
        ends,
        (True, *speech.closes[:-1], True) if last else (True,),
        margin,
        tuple(rooms),
        tuple([starts[i] + margin if i else 0 for i in rooms]),
        tuple([ends[i] - margin if i < last else ends[i] for i in rooms]),
    )
