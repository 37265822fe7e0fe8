"""Half an hour of video through the whole platform: every step's share of its length, and memory that stays flat.

The sample goes through first: what a minute of video takes is what half an hour may take, with some room.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from uuid import UUID

import av
import pytest
import pytest_asyncio
from rich.console import Console

from deploy.local.demo.client import Person
from deploy.local.demo.direct import Director
from deploy.local.demo.gates import Script
from deploy.local.demo.live import Live
from deploy.local.demo.options import Options
from deploy.local.demo.screen import Screen
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from schema.enums import JobStatus, Kind, Role
from tests.long.films import SAMPLE_FILM, repeat, script
from tests.long.journey import EVERYTHING, Ran, activities_of, everybody, platform_of, submit
from tests.long.memory import Memory, watched
from tests.stack import data_folder

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]
ROUNDS, CUES = 26, 30
_OFTEN_S = 0.1
"""The sample's render takes a fifth of a second."""
_ROOM = 1.25
_ROOM_MB = 48
"""What a process may hold more than in the first half of its work, or than for the sample alone: packet tables, words
and texts grow with a video, by far less than its pictures and sound would."""


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder("long") as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def stack(folder: Path) -> AsyncIterator[Stack]:
    async with Stack(folder / "data", ports=Ports.free(), say=lambda _: None) as running:
        yield running


class Journey:
    """One film's way to a completed job, watched."""

    def __init__(self, stack: Stack, people: Mapping[Role, Person]) -> None:
        self._stack, self._people = stack, people
        self.memory: Memory
        self.ran: list[Ran]

    async def take(self, video: Path, written: str, every_s: float = 1.0) -> UUID:
        """The job's id; `written` is what the reviewer saves over the AD draft, `every_s` how often memory is looked
        at."""
        client, paper = self._people[Role.CLIENT], io.StringIO()
        saved = Script(Kind.AUDIO_DESCRIPTION, written, "a script")
        options = Options(video, video.stem, (), (saved,), manual=False, out=video.parent, keep=False)
        screen = Screen(Console(file=paper, width=200))
        director = Director(options, platform_of(self._stack), screen, self._people)
        live = Live(self._stack.urls["api"], client)
        await live.open()
        async with watched(self._stack, every_s) as self.memory:
            job = await director.follow(live, await submit(client, video, EVERYTHING))
        assert job.status is JobStatus.COMPLETED, (job.failure, paper.getvalue())
        self.ran = await activities_of(self._stack, job.id)
        return job.id

    @property
    def shares(self) -> Mapping[str, float]:
        """Seconds that each activity ran."""
        seconds: dict[str, float] = defaultdict(float)
        for each in self.ran:
            seconds[each.name] += each.seconds
        return seconds


async def test_half_an_hour(stack: Stack, folder: Path) -> None:
    film = folder / "half-hour.mp4"
    round_s = repeat(film, ROUNDS)
    with av.open(str(film)) as opened:
        assert opened.duration is not None
        length_s = opened.duration / av.time_base
    assert length_s > 1800
    async with everybody(stack) as people:
        short, long = Journey(stack, people), Journey(stack, people)
        await short.take(SAMPLE_FILM, script(round_s, 1, 8), _OFTEN_S)
        await long.take(film, script(round_s, ROUNDS, CUES))
    _print_times(long, length_s)
    _print_memory(short.memory, long)
    for service in long.memory.services:
        first, second = _halves(long, service)
        assert second <= first * _ROOM + _ROOM_MB, f"{service} grows while it works"
        alone = short.memory.peak(service)
        assert long.memory.peak(service) <= alone * _ROOM + _ROOM_MB, f"{service} grows with the video"


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
