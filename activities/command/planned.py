"""Makes the plan, and describes it for a person."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from activities.command.arguments import Asked
from activities.command.bar import Bar
from activities.command.clips import Clips, Speaker
from activities.command.programme import (
    Examined,
    Said,
    examine_sound_of,
    examine_video,
    hear_speech,
    read_speech,
)
from activities.command.refusals import of_cue
from activities.command.texts import read_choices, read_text
from activities.media.cache import RangeCache
from activities.report.words import clock, count, fitting, seconds, tally
from schema.plan.model import Placement, Plan
from schema.plan.planner import plan
from schema.plan.programme import heard_speech, programme_input, timebase_of
from schema.plan.speech import Speech
from schema.vtt import Document

_NO_CLIPS = Clips({}, {}, {})


@dataclass(frozen=True, slots=True)
class Planned:
    """A video and its script, with the plan that was made of them."""

    examined: Examined
    said: Said
    script: Document
    clips: Clips
    plan: Plan
    speech: Speech
    """Speech in source ticks, which the plan avoids."""


async def make_plan(asked: Asked, cache: RangeCache, bar: Bar) -> Planned:
    """Examines the video, listens, speaks, and places every description.

    Raises:
        Refused, PlatformError: what stands in the way.
    """
    assert asked.script is not None
    script = read_text(asked.script, asked.language)
    choices = read_choices(asked.choices, script, asked.script)
    brought = read_speech(asked)
    examined = await examine_video(asked, cache, bar)
    if asked.dub:
        examined = await examine_sound_of(asked.dub, examined, cache, bar)
    said = brought or await hear_speech(asked, examined, cache, bar)
    speaker = Speaker(asked, timebase_of(examined.report).rate, cache)
    clips = _NO_CLIPS if asked.estimate else await speaker.clips(script, bar)
    given = programme_input(
        examined.report,
        said.transcript,
        script,
        language=asked.language,
        captions=said.heard,
        clips=clips.planned,
        choices=choices,
        extend=asked.extend,
    )
    if asked.estimate and not asked.clips:
        given = replace(given, voice=await speaker.voice_rate(script))
    speech = heard_speech(examined.report, said.transcript, said.heard.cues)
    return Planned(examined, said, script, clips, plan(given), speech)


def print_plan(planned: Planned, asked: Asked) -> None:
    if asked.json:
        print(planned.plan.model_dump_json(indent=2))
        return
    for line in _table(planned):
        print(line)
    warn(planned, asked)


def _table(planned: Planned) -> Iterator[str]:
    made = planned.plan
    yield f"{'':>4} {'in the video':>12} {'heard at':>10} {'for':>7} {'speed':>6} {'held':>7}  how it fits"
    texts = planned.script.by_id()
    for placement in made.placements:
        yield _row(placement, made)
        yield f"{'':>5}{' '.join(texts[placement.cue_id].plain.split())}"
        yield f"{'':>5}{placement.explanation}"
    yield ""
    yield f"{heard(made)} {lengths(made)}"
    if made.estimated:
        yield "Lengths are estimated by the voice's rate: nothing was spoken but a few of the descriptions."


def _row(placement: Placement, made: Plan) -> str:
    to_ms = made.timebase.to_ms
    held = made.pauses[placement.pause_index].ticks if placement.pause_index is not None else 0
    spoken = placement.length > 0
    return (
        f"{placement.cue_index + 1:>4} {clock(to_ms(placement.wanted)):>12} "
        f"{clock(to_ms(placement.start)) if spoken else 'not heard':>10} "
        f"{seconds(to_ms(placement.length)) if spoken else '':>7} "
        f"{placement.speed_permille / 1000 if spoken else '':>6} "
        f"{seconds(to_ms(held)) if held else '':>7}  {fitting(placement.fit, heard=spoken)}"
    )


def heard(made: Plan) -> str:
    """`9 of 10 descriptions heard (8 fits as it is, 1 moved, 1 does not fit).`"""
    total = sum(placement.length > 0 for placement in made.placements)
    kinds = tally((placement.fit, placement.length > 0) for placement in made.placements)
    return f"{total} of {count(len(made.placements), 'description')} heard ({kinds})."


def lengths(made: Plan) -> str:
    """`3 pauses add 8.1 s: 1:11.0 becomes 1:19.1.`"""
    source_ms, rendered_ms = made.timebase.to_ms(made.duration), made.timebase.to_ms(made.rendered_duration)
    if not made.pauses:
        return f"No pause: {clock(source_ms)} as before."
    adds = "adds" if len(made.pauses) == 1 else "add"
    return (
        f"{count(len(made.pauses), 'pause')} {adds} {seconds(rendered_ms - source_ms)}: "
        f"{clock(source_ms)} becomes {clock(rendered_ms)}."
    )


def warn(planned: Planned, asked: Asked) -> None:
    """Prints every finding of the plan with its file, line and cue on standard error, and warns of drafts."""
    transcript = planned.said.transcript
    if transcript.draft:
        print(
            f"note: what is said was heard by {transcript.provider}, which is a draft. Look it over, or give --captions.",
            file=sys.stderr,
        )
    cues = planned.script.by_id()
    for finding in planned.plan.findings:
        cue = cues.get(finding.cue_id or "")
        place = of_cue(asked.script, cue) if asked.script and cue else asked.script
        print(f"{finding.severity}: {place}: {finding.message}", file=sys.stderr)
