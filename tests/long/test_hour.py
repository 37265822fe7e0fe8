"""An hour of video through the whole platform, with the models that set-up has obtained: every step's share of its length,
and memory that stays flat.

The sample goes through first: what a minute of video takes is what an hour may take, with some room.
"""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from deploy.local.stack import Stack
from tests.long.films import SAMPLE_FILM, repeat, script
from tests.long.journey import OFTEN_S, Journey, everybody
from tests.long.memory import Memory, with_room

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]
ROUNDS, CUES = 51, 60
_INDEX_MB = 64
"""FFmpeg's tables of an hour's packets, in the process that opens the film: measured 50."""


async def test_an_hour(stack: Stack, folder: Path) -> None:
    film = folder / "hour.mp4"
    round_s = repeat(film, ROUNDS)
    with av.open(str(film)) as opened:
        assert opened.duration is not None
        length_s = opened.duration / av.time_base
    assert length_s > 3600
    async with everybody(stack) as people:
        short, long = Journey(stack, people), Journey(stack, people)
        await short.take(SAMPLE_FILM, script(round_s, 1, 8), OFTEN_S)
        await long.take(film, script(round_s, ROUNDS, CUES))
    _print_times(long, length_s)
    _print_memory(short.memory, long)
    for service in long.memory.services:
        first, second = _halves(long, service)
        assert second <= with_room(first), f"{service} grows while it works"
        alone = short.memory.peak(service)
        most = with_room(alone) + _INDEX_MB
        assert long.memory.peak(service) <= most, f"{service} grows with the video"


_WORK = {
    "worker-probe": ("probe_source", "find_scenes"),
    "worker-transcribe": ("transcribe_speech",),
    "worker-describe": ("watch_scenes",),
    "worker-synthesize": ("synthesize_descriptions",),
    "worker-mux": ("mux_accessible_video",),
}


def _halves(journey: Journey, service: str) -> tuple[float, float]:
    """The peak in the first and in the second half of a service's work: of its step's activity, or of the whole job
    for what works all the time."""
    spans = [each for each in journey.ran if each.name in _WORK.get(service, ())] or journey.ran
    began, ended = min(each.began for each in spans), max(each.ended for each in spans)
    middle = began + (ended - began) / 2
    return journey.memory.peak(service, began, middle), journey.memory.peak(service, middle, ended)


def _print_times(journey: Journey, length_s: float) -> None:
    print(f"\n\n{length_s / 60:.1f} minutes of video, {CUES} descriptions")
    for name, seconds in sorted(journey.shares.items(), key=lambda each: -each[1]):
        print(f"  {name:28} {seconds:8.1f} s   {seconds / length_s:7.4f} of its length")
    total = (journey.ran[-1].ended - journey.ran[0].began).total_seconds()
    print(f"  {'from the first to the last':28} {total:8.1f} s   {total / length_s:7.4f} of its length")


def _print_memory(alone: Memory, journey: Journey) -> None:
    print("\n  MB at most, of the process with its children")
    print(f"  {'':20} {'sample':>8} {'all':>8} {'1st half':>9} {'2nd half':>9}")
    for service in journey.memory.services:
        first, second = _halves(journey, service)
        print(
            f"  {service:20} {alone.peak(service):8.0f} {journey.memory.peak(service):8.0f} "
            f"{first:9.0f} {second:9.0f}"
        )
