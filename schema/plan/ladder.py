"""The rungs of the fit ladder for one cue: every place, speed and hold that the solver may choose from."""

from __future__ import annotations

from collections.abc import Iterator

from schema.plan.gaps import Gaps, Quiet
from schema.plan.model import Extend
from schema.plan.picture import Picture
from schema.plan.speech import Speech
from schema.plan.task import Candidate, Kind, Limits, Task, speed_for, stretched

_SENTENCE_ENDS = 6
_WORD_BOUNDARIES = 4
"""How many silences before a cue are tried for its pause, nearest first."""


class Ladder:
    """Makes candidates. All of them keep clear of speech, and holds sit on pictures that may be held."""

    def __init__(self, speech: Speech, gaps: Gaps, picture: Picture, limits: Limits, margin: int) -> None:
        self.speech = speech
        self.gaps = gaps
        self.picture = picture
        self.limits = limits
        self._margin = margin

    def easy(self, task: Task) -> Candidate | None:
        """As it is, at its own time: what costs nothing."""
        if not self._may_play_inline(task):
            return None
        quiet = self.gaps.at(task.anchor)
        first = quiet.start if task.pinned else quiet.room_start
        length = stretched(task.length, task.speed)
        if not first <= task.anchor <= quiet.room_end - length:
            return None
        low = task.anchor if task.pinned else max(first, task.anchor - self.limits.early)
        return self._inline(task.anchor, length, task.speed, quiet, low)

    def inline(self, task: Task) -> Iterator[Candidate]:
        """Rungs one to three: trimmed, shifted, faster."""
        if not self._may_play_inline(task):
            return
        easy = self.easy(task)
        if easy is not None:
            yield easy
        speeds = sorted({task.speed, (task.speed + task.top_speed) // 2, task.top_speed})
        for quiet, low, high in self._rooms(task):
            room = quiet.room_end - low
            needed = max(task.speed, speed_for(task.length, room))
            for speed in speeds if needed == task.speed else sorted({needed, task.top_speed}):
                if speed > task.top_speed or (length := stretched(task.length, speed)) > room:
                    continue
                latest = min(high, quiet.room_end - length)
                for start in sorted({low, min(max(task.anchor, low), latest), latest}):
                    yield self._inline(start, length, speed, quiet, low)

    def inline_at(self, task: Task, start: int, *, ends: bool = False) -> Iterator[Candidate]:
        """Inline, beginning (or, with `ends`, ending) exactly at a given tick: beside a neighbour."""
        if task.pinned or not self._may_play_inline(task):
            return
        for quiet, low, high in self._rooms(task):
            for speed in sorted({task.speed, task.top_speed}):
                length = stretched(task.length, speed)
                begin = start - length if ends else start
                if low <= begin <= high and begin + length <= quiet.room_end:
                    yield self._inline(begin, length, speed, quiet, low)

    def holds(self, task: Task) -> Iterator[Candidate]:
        """Rung four: the picture waits for the rest, or for the whole."""
        if task.extend is Extend.NEVER:
            return
        if task.pause_at is not None:
            yield from self.chosen_holds(task, task.pause_at)
            return
        own, least = self.gaps.at(task.anchor), self.limits.word_quiet
        in_own = task.anchor <= own.end and (own.closes or own.end - own.start >= least)
        if task.pinned:
            if in_own:
                yield from self._hold(task, own)
            return
        left = {True: _SENTENCE_ENDS, False: _WORD_BOUNDARIES}
        held_in_own = False
        for quiet in self.gaps.before(task.anchor, task.anchor - self.limits.pause_early, least):
            if left[quiet.closes] > 0:
                left[quiet.closes] -= 1
                for held in self._hold(task, quiet):
                    held_in_own |= quiet.index == own.index
                    yield held
        if in_own and not held_in_own:  # Its own silence is black up to here.
            yield from self._whole(task, own, late=True)
        for quiet in self.gaps.after(task.anchor, task.anchor + self.limits.pause_late, least):
            yield from self._hold(task, quiet, late=True)

    def off_words(self, tick: int, force: bool) -> int:
        """A person's pause point: where a frame is left, and unless forced at the nearer end of a word that it
        would cut."""
        tick = min(tick, self.picture.last)
        word = self.speech.inside(tick)
        if word is None or force:
            return tick
        start, end = self.speech.starts[word], self.speech.ends[word]
        return start if tick - start < end - tick else end

    def chosen_holds(self, task: Task, at: int) -> Iterator[Candidate]:
        """At the pause point that a person put at `at`, for this cue or for one that shares it."""
        if task.extend is Extend.NEVER:
            return
        forced = self.speech.inside(at) is not None
        quiet = self.gaps.at(at)
        if forced:
            quiet = Quiet(-1, at, at, at + self._margin, at - self._margin, closes=False)
        elif task.extend is Extend.ALLOW:
            low = task.anchor if task.pinned else max(quiet.room_start, task.anchor - self.limits.early)
            held = self._held(task, quiet, low, at)
            if held.need > 0 and quiet.start <= low <= min(at, task.anchor + self.limits.late):
                yield self._mark(held, forced)
        yield self._mark(self._fully_held(task, quiet, at), forced)

    def _may_play_inline(self, task: Task) -> bool:
        if task.extend is Extend.NEVER:
            return True
        return task.extend is Extend.ALLOW and task.pause_at is None

    def _rooms(self, task: Task) -> Iterator[tuple[Quiet, int, int]]:
        """(silence, earliest and latest start) for each room in reach."""
        if task.pinned:
            quiet = self.gaps.at(task.anchor)
            if task.anchor <= quiet.end:
                yield quiet, task.anchor, task.anchor
            return
        earliest, latest = task.anchor - self.limits.early, task.anchor + self.limits.late
        for quiet in self.gaps.rooms_between(earliest, latest):
            yield quiet, max(quiet.room_start, earliest), min(quiet.room_end, latest)

    def _hold(self, task: Task, quiet: Quiet, *, late: bool = False) -> Iterator[Candidate]:
        earliest = task.anchor - self.limits.early
        too_early = quiet.room_end < earliest and not late
        if task.extend is Extend.ALWAYS or too_early:
            yield from self._whole(task, quiet, late=late)
            return
        low = task.anchor if task.pinned else max(quiet.room_start, earliest)
        if low > task.anchor + (self.limits.pause_late if late else self.limits.late):
            return
        end = low + stretched(task.length, task.top_speed)
        covered = end - self.limits.units(end - quiet.room_end) * self.limits.grid
        first = low if task.pinned else max(quiet.start, min(low, quiet.room_end))
        last = min(quiet.end, max(low, quiet.room_end))
        wishes = [(quiet.start + quiet.end) // 2]
        if quiet.room_start <= quiet.room_end:
            wishes = [min(quiet.room_end, covered)]  # It plays first, and waits at the end of the room.
            if task.anchor < last:
                wishes.append(max(first, task.anchor))  # Here the next description may share the hold.
        found = dict.fromkeys(self.picture.pause_point(first, last, wish) for wish in wishes)
        for at in found:
            if at is not None:
                held = self._held(task, quiet, low, at)
                held.late = late
                yield held
        if not late and not task.pinned:
            # All of it as soon as may be, so that the next description finds the silence free.
            begin = max(quiet.room_start, task.anchor - self.limits.pause_early)
            soon = self.picture.pause_point(begin, min(quiet.room_end, task.anchor), begin)
            if soon is not None:
                yield self._fully_held(task, quiet, soon)

    def _whole(self, task: Task, quiet: Quiet, *, late: bool) -> Iterator[Candidate]:
        at = self._full_pause_point(task, quiet, late)
        if at is not None:
            held = self._fully_held(task, quiet, at)
            held.late = late
            yield held

    def _full_pause_point(self, task: Task, quiet: Quiet, late: bool) -> int | None:
        """Before what is described, and clear of the margins where the silence has room for it."""
        if task.pinned:
            return task.anchor if self.picture.clean(task.anchor) else None
        begin = max(quiet.start, task.anchor - self.limits.pause_early)
        end = min(quiet.end, task.anchor)
        if late:
            begin, end = max(begin, task.anchor), min(quiet.end, task.anchor + self.limits.pause_late)
        first, last = max(quiet.room_start, begin), min(quiet.room_end, end)
        if first <= last:
            found = self.picture.pause_point(first, last, first if late else last)
            if found is not None:
                return found
        return self.picture.pause_point(begin, end, (quiet.start + quiet.end) // 2)

    def _inline(self, start: int, length: int, speed: int, quiet: Quiet, low: int) -> Candidate:
        exit_at = start + length + self.limits.clip_gap
        return Candidate(Kind.INLINE, start, length, speed, quiet, low, exit=exit_at)

    def _held(self, task: Task, quiet: Quiet, start: int, at: int) -> Candidate:
        """Plays from `start` to the end of the room, and the picture waits for the rest."""
        length = stretched(task.length, task.top_speed)
        need = start + length - quiet.room_end
        exit_at = self.limits.after_hold(at, start + length, need, quiet.room_end)
        return Candidate(Kind.HOLD, start, length, task.top_speed, quiet, start, need, at=at, exit=exit_at)

    def _fully_held(self, task: Task, quiet: Quiet, at: int) -> Candidate:
        """The picture waits for all of it, and for what the margins lack."""
        speed = task.speed if task.extend is Extend.ALWAYS else task.top_speed
        length = stretched(task.length, speed)
        start = at if task.pinned else max(at, quiet.room_start)
        tail = max(0, at - quiet.room_end)
        need = start + length - at + tail
        exit_at = self.limits.after_hold(at, start + length, need, at - tail)
        return Candidate(Kind.HOLD, start, length, speed, quiet, start, need, at=at, exit=exit_at, full=True)

    def _mark(self, held: Candidate, forced: bool) -> Candidate:
        held.chosen, held.forced = True, forced
        return held
