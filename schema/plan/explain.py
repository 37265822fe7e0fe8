"""What was done to make a description fit, and why, in a sentence a person reads."""

from __future__ import annotations

from schema.plan.ladder import Ladder
from schema.plan.model import Extend, Fit, Pause, Timebase
from schema.plan.task import Candidate, Task


def clock(ticks: int, timebase: Timebase) -> str:
    """`00:01:02.345`"""
    ms = timebase.to_ms(ticks)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def seconds(ticks: int, timebase: Timebase) -> str:
    """`2.4 s`; `0.04 s` under a tenth."""
    hundredths = (abs(ticks) * 100 + timebase.rate // 2) // timebase.rate
    if hundredths < 10:
        return f"0.{hundredths:02} s"
    tenths = (hundredths + 5) // 10
    return f"{tenths // 10}.{tenths % 10} s"


def times(speed_permille: int) -> str:
    """`1.08`"""
    return f"{speed_permille // 1000}.{speed_permille % 1000:03}".rstrip("0").rstrip(".")


def free_time(task: Task, ladder: Ladder) -> int:
    """Ticks that a clip could take from the cue's own in-time on."""
    quiet = ladder.gaps.at(task.anchor)
    if quiet.room_start > task.anchor:
        return 0
    return max(0, quiet.room_end - task.anchor)


def fit_of(task: Task, candidate: Candidate, source: int, held: int) -> Fit:
    """The last rung that was needed. `source` is when the clip begins in source time, `held` how much of it is heard
    while the picture waits: nothing, where it follows another that the picture waited for."""
    if held:
        return Fit.HELD if held == candidate.length else Fit.PARTLY_HELD
    if candidate.speed > 1000:
        return Fit.FASTER
    if source != task.anchor:
        return Fit.SHIFTED
    quiet = candidate.quiet
    untrimmed = source + task.clip.length + task.clip.trimmed
    if task.clip.trimmed and quiet is not None and untrimmed > quiet.room_end:
        return Fit.TRIMMED
    return Fit.AS_IS


def explain(
    task: Task,
    candidate: Candidate,
    fit: Fit,
    source: int,
    pause: Pause | None,
    held: int,
    ladder: Ladder,
    timebase: Timebase,
) -> str:
    """One sentence for a placement that is heard."""

    def length(ticks: int) -> str:
        return seconds(ticks, timebase)

    quiet = candidate.quiet
    assert quiet is not None
    free = free_time(task, ladder)
    clip = length(task.length)
    own = f"{length(free)} are free at its own time" if free else "there is speech at its own time"
    moved = _moved(task, source, timebase)
    pace = _pace(task, candidate)
    if fit is Fit.AS_IS:
        return f"Takes {clip} and fits as it is: {own}."
    if fit is Fit.TRIMMED:
        return f"Takes {clip} and fits since {length(task.clip.trimmed)} of silence were cut from it: {own}."
    if fit is Fit.SHIFTED:
        return f"Takes {clip} and starts {moved}: {own}{_company(task, candidate, free)}."
    if fit is Fit.FASTER:
        room = length(max(0, quiet.room_end - candidate.low))
        where = f", and starts {moved}" if moved else ""
        return f"Takes {clip} and plays {pace}{where}: its gap has {room}."
    assert pause is not None
    hold = f"the picture holds for {length(pause.ticks)} at {clock(pause.at, timebase)}"
    if fit is Fit.PARTLY_HELD:
        begins = f"starts {moved}, " if moved else ""
        room = length(candidate.length - held)
        fast = f" {pace}" if pace else ""
        return f"Takes {clip}: {begins}plays{fast} into its gap of {room}, and {hold} for the rest{_also(pause)}."
    fast = f" It plays {pace}." if pace else ""
    return f"{_why_held(task, clip, own + _company(task, candidate, free))}; {hold}{_shared(pause)}.{fast}"


def slowed(candidate: Candidate) -> str:
    """A further sentence where a clip is played slower than it was spoken; else nothing."""
    if candidate.speed >= 1000:
        return ""
    return f" It plays at {times(candidate.speed)} of its voice's pace, which is too fast to follow."


def _why_held(task: Task, clip: str, own: str) -> str:
    if task.pause_at is not None:
        return f"Takes {clip}, at the pause point that a person chose"
    if task.extend is Extend.ALWAYS:
        return f"Takes {clip}, and is set to be heard while the picture waits"
    return f"Takes {clip} and {own}"


def _shared(pause: Pause) -> str:
    return _also(pause) or " for all of it"


def _also(pause: Pause) -> str:
    others = len(pause.cue_ids) - 1
    return f", together with {others} other description{'s' if others > 1 else ''}" if others else ""


def _moved(task: Task, source: int, timebase: Timebase) -> str:
    if source == task.anchor:
        return ""
    return f"{seconds(source - task.anchor, timebase)} {'earlier' if source < task.anchor else 'later'}"


def _pace(task: Task, candidate: Candidate) -> str:
    if candidate.speed <= 1000:
        return ""
    chosen = " as a person chose" if task.choice.speed_permille is not None else ""
    return f"{times(candidate.speed)} times as fast{chosen}"


def _company(task: Task, candidate: Candidate, free: int) -> str:
    if free >= candidate.length:
        return ", but a neighbouring description needs some of it"
    return ""


def pause_reason(candidate: Candidate, at: int, ladder: Ladder) -> str:
    """Why the pause is where it is."""
    if candidate.forced:
        return "A person put it here, inside a spoken word."
    if candidate.chosen:
        return "A person put it here."
    quiet = candidate.quiet
    assert quiet is not None
    if quiet.index == 0:
        where = "Before the first word"
    elif quiet.index == ladder.gaps.last:
        where = "After the last word"
    else:
        where = "Where a sentence ends" if quiet.closes else "Between two words"
    cut = ", on the last frame before a cut" if at in ladder.picture.cuts else ""
    late = ", after what is described, since no pause point lies before it" if candidate.late else ""
    return f"{where}{cut}{late}."
