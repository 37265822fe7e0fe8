"""The silences that a description may be heard in, with their ids, and what has been put into them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from schema.contracts.media import MediaReport
from schema.plan.estimate import estimate_ms, usual_rate
from schema.plan.gaps import find_gaps
from schema.plan.model import Extend
from schema.plan.profile import NETFLIX
from schema.plan.programme import heard_speech, timebase_of
from schema.vtt import Transcript, escape

_LEAST_MS = 600
"""In less than this nothing can be told."""
_LONGER_PERCENT = 130
"""So much of its estimated length a clip may have."""
_EARLY_MS, _LATE_MS = NETFLIX.max_early_ms, NETFLIX.max_late_ms


@dataclass(frozen=True, slots=True)
class Room:
    """A silence without its margins."""

    id: str
    start_ms: int
    end_ms: int

    @property
    def words(self) -> int:
        """So many can be said in it at the pace of description."""
        return (self.end_ms - self.start_ms) * NETFLIX.rate_target_wpm // 60_000


def rooms_of(report: MediaReport, transcript: Transcript) -> tuple[Room, ...]:
    """In order, as a plan of the same programme finds them."""
    timebase = timebase_of(report)
    duration = timebase.to_ticks(report.duration_ms)
    speech = heard_speech(report, transcript).within(duration)
    gaps = find_gaps(speech, duration, timebase, NETFLIX)
    spans = [
        (timebase.to_ms(start), timebase.to_ms(end))
        for start, end in zip(gaps.room_starts, gaps.room_ends, strict=True)
    ]
    wide = [span for span in spans if span[1] - span[0] >= _LEAST_MS]
    return tuple(Room(f"g{number}", *span) for number, span in enumerate(wide, 1))


@dataclass(slots=True)
class Rooms:
    """What is put into the rooms, scene by scene, one after the other."""

    all: Sequence[Room]
    language: str
    extend: Extend
    """Whether the picture may be held for what fits in none."""
    _taken: dict[str, int] = field(default_factory=dict)
    """Until when, by id."""

    def reached(self, start_ms: int, end_ms: int) -> list[Room]:
        """The rooms that a scene may be told in."""
        first = bisect_right(self.all, max(0, start_ms - _EARLY_MS), key=lambda room: room.end_ms)
        near = (self.all[place] for place in range(first, len(self.all)))
        return list(takewhile(lambda room: room.start_ms <= end_ms + _LATE_MS, near))

    def begin(self, room: Room, text: str, start_ms: int, end_ms: int) -> int | None:
        """Where in `room` the text of a scene would begin: with the scene, else earlier. None where it does not fit,
        also spoken as fast as a plan lets it be."""
        length = shortest_ms(text, self.language)
        free = self._taken.get(room.id, room.start_ms)
        earliest = max(room.start_ms, free, start_ms - _EARLY_MS)
        latest = room.end_ms - length
        if latest < earliest or earliest > end_ms + _LATE_MS:
            return None
        return min(max(earliest, start_ms), latest)

    def earliest(self, at_ms: int, text: str) -> int:
        """The earliest moment at which a plan may begin a description that is meant for `at_ms`. A clip that turns out
        longer than estimated, and fits its room no more, may move to an earlier one."""
        near = self.reached(at_ms, at_ms)
        longest = estimate_ms(escape(text), usual_rate(self.language)) * _LONGER_PERCENT // 100
        ample = [room for room in near if room.start_ms <= at_ms and at_ms + longest <= room.end_ms]
        return min(at_ms, max((ample or near)[0].start_ms, at_ms - _EARLY_MS)) if near else at_ms

    def copy(self) -> Rooms:
        """Another, to put into what may not stay."""
        return Rooms(self.all, self.language, self.extend, dict(self._taken))

    def follow(self, other: Rooms) -> None:
        """Keep what was put into a copy."""
        self._taken = dict(other._taken)

    def take(self, room: Room, text: str, begin_ms: int) -> None:
        self._taken[room.id] = begin_ms + shortest_ms(text, self.language) + NETFLIX.clip_gap_ms

    def find(self, text: str, start_ms: int, end_ms: int) -> tuple[Room, int] | None:
        """The first room that the text fits in, and where it begins there."""
        for room in self.reached(start_ms, end_ms):
            begin = self.begin(room, text, start_ms, end_ms)
            if begin is not None:
                return room, begin
        return None


def shortest_ms(text: str, language: str) -> int:
    """How long `text` takes at the most speed that a plan gives it."""
    usual = estimate_ms(escape(text), usual_rate(language))
    return usual * 1000 // NETFLIX.max_speed_permille
