"""What a render costs, as ratios to what ffmpeg needs for the same file, in one run.

Rivals: `ffmpeg -c copy` (the floor), `-c:v copy -c:a aac` (all sound again), and libx264 veryfast with the same holds.
A render is measured as a worker runs it, in a child process, and in a process of its own, which starts Python and
imports the engine first. Beside wall time stands the processor time of all processes, which a busy machine does not
change. All files are in the file cache. The source is 1080p30 at 4 Mbit/s; a pause with a description and a description
in a gap for each minute.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from activities.media.contract import ClipFile, RenderInput
from activities.media.render.render import render
from activities.media.verify.verify import verify
from activities.running.child import run_in_child
from schema.contracts.media import Tracks
from schema.plan.model import Plan
from tests.activities.media.render_kit import make_plan
from tests.benchmarks.conftest import Compare
from tests.media_factory import Audio, make_sound

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]
RATE = 48_000
_PAUSE, _CLIP_S = 240, 5
_AIMS = {
    (10, "first render"): 2.0,
    (10, "first render, its own process"): 3.0,
    (10, "one clip edited"): 0.7,
    (10, "verification"): 0.5,
    (60, "first render"): 2.5,
    (60, "one clip edited"): 0.7,
    (60, "verification"): 0.5,
}
"""Times of the copy, by minutes."""
_MEMORY_MB = 100
_TRACKS = Tracks(picture=0, sounds=((1,),))
"""As probe tells them."""
_OWN = """
import pickle, sys
from activities.media.render.render import render
render(pickle.load(open(sys.argv[1], "rb")))
"""


class Cost(NamedTuple):
    wall: float
    cpu: float


def _ffmpeg() -> str:
    found = shutil.which("ffmpeg")
    if not found:
        pytest.skip(
            "ffmpeg is not installed: the rival that ratios are taken against (apt-get install ffmpeg)"
        )
    return found


def _used(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def _cost(command: list[str], output: Path, env: Mapping[str, str] | None = None) -> Cost:
    output.unlink(missing_ok=True)  # writing over a large file has a cost of its own
    before, start = _used(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=env)
    return Cost(time.perf_counter() - start, _used(resource.RUSAGE_CHILDREN) - before)


def _rendered(given: RenderInput) -> float:
    """Processor seconds of this process and its helpers."""
    before = time.process_time()
    render(given)
    return time.process_time() - before + _used(resource.RUSAGE_CHILDREN)


def _verified(given: RenderInput) -> float:
    """Wall seconds of verifying a render that is there."""
    result = render(given)
    start = time.perf_counter()
    verify(given, result)
    return time.perf_counter() - start


def _verification(given: RenderInput) -> Cost:
    seconds = asyncio.run(run_in_child(_verified, given))
    return Cost(seconds, seconds)


def _in_worker(given: RenderInput) -> Cost:
    given.output.unlink(missing_ok=True)
    start = time.perf_counter()
    cpu = asyncio.run(run_in_child(_rendered, given))
    return Cost(time.perf_counter() - start, cpu)


def _medians(rounds: int, runs: Mapping[str, Callable[[], Cost]]) -> dict[str, Cost]:
    """In turn, so that a machine that is busy for a while is so for all."""
    costs = [{name: run() for name, run in runs.items()} for _ in range(rounds)]
    return {
        name: Cost(*(statistics.median(values) for values in zip(*(one[name] for one in costs), strict=True)))
        for name in runs
    }


def _peak_mb(command: list[str], env: Mapping[str, str]) -> float:
    """Of all processes of a render together: the resident set of the first, and what others do not share."""
    most = 0
    with subprocess.Popen(command, env=env) as started:
        while started.poll() is None:
            most = max(most, _resident_kb(psutil.Process(started.pid)))
            time.sleep(0.01)
    assert started.returncode == 0
    return most / 1024


def _resident_kb(process: psutil.Process) -> int:
    try:
        others = process.children(recursive=True)
        return _sum_kb(process.pid, "Rss") + sum(_sum_kb(other.pid, "Private_") for other in others)
    except (psutil.NoSuchProcess, OSError):
        return 0


def _sum_kb(pid: int, what: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(what))


def _make_source(ffmpeg: str, folder: Path, minutes: int) -> Path:
    """A minute of picture, repeated; sound in one piece."""
    one, whole = folder / "minute.mp4", folder / "source.mp4"
    picture = "testsrc2=size=1920x1080:rate=30,noise=alls=6:allf=t"
    quiet = [ffmpeg, "-v", "error", "-y"]
    size = ["-b:v", "4M", "-maxrate", "5M", "-bufsize", "8M"]
    encode = ["-c:v", "libx264", "-preset", "veryfast", *size, "-g", "60"]
    subprocess.run([*quiet, "-f", "lavfi", "-i", picture, "-t", "60", *encode, str(one)], check=True)
    sound = ["-f", "lavfi", "-i", "anoisesrc=c=pink:a=0.1:r=48000", "-f", "lavfi", "-i", "sine=300:r=48000"]
    mix = ["-filter_complex", "[1][2]amerge=inputs=2[a]", "-map", "0:v", "-map", "[a]", "-c:v", "copy"]
    tail = ["-c:a", "aac", "-b:a", "128k", "-ac", "2", "-t", str(60 * minutes), str(whole)]
    subprocess.run(
        [*quiet, "-stream_loop", str(minutes - 1), "-i", str(one), *sound, *mix, *tail], check=True
    )
    return whole


def _plan(minutes: int) -> Plan:
    pauses, places, added = [], [], 0
    for minute in range(minutes):
        at = minute * 60 * RATE + 30 * RATE
        pauses.append((at, _PAUSE))
        places.append((at + added + 1000, _CLIP_S * RATE))
        added += _PAUSE * 1024
        places.append((at + added + 10 * RATE, _CLIP_S * RATE))
    return make_plan(pauses, places, seconds=60 * minutes)


@pytest.mark.parametrize("minutes", [1, 10, pytest.param(60, marks=pytest.mark.long)])
def test_render_against_ffmpeg(
    minutes: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], ratio: Compare
) -> None:
    ffmpeg, plan = _ffmpeg(), _plan(minutes)
    source = _make_source(ffmpeg, tmp_path, minutes)
    clips = [
        make_sound(tmp_path / f"{n}.flac", Audio("flac", RATE, "mono"), _CLIP_S + n / 10) for n in range(12)
    ]
    told = tmp_path / "input.pickle"
    output, cache, rival = tmp_path / "out.mp4", tmp_path / "cache", tmp_path / "rival.mp4"
    # As installed: the modules of the tree are compiled, by the run that is not counted.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env |= {"PYTHONPYCACHEPREFIX": str(tmp_path / "compiled")}
    own = [sys.executable, "-c", _OWN, str(told)]

    def given(edit: int = 0) -> RenderInput:
        chosen = {
            p.cue_id: ClipFile(clips[edit if p.cue_index == 1 else 0], loudness=(-23.0, -6.0))
            for p in plan.placements
        }
        made = RenderInput(source, plan, chosen, output, cache, tracks=_TRACKS, programme_lufs=-20.0)
        told.write_bytes(pickle.dumps(made))
        return made

    def first(run: Callable[[], Cost]) -> Cost:
        shutil.rmtree(cache, ignore_errors=True)
        return run()

    def alone(edit: int = 0) -> Cost:
        given(edit)
        return _cost(own, output, env)

    edits = iter(range(1, 12))
    quiet = [ffmpeg, "-v", "error", "-y", "-i", str(source)]
    first(alone)
    _in_worker(given())  # which leaves behind what children are forked from
    shutil.rmtree(cache)
    peak = _peak_mb(own, env)
    rows = _medians(
        5 if minutes < 60 else 3,
        {
            "copy": lambda: _cost([*quiet, "-c", "copy", str(rival)], rival),
            "first render, its own process": lambda: first(alone),
            "one clip edited, its own process": lambda: alone(next(edits)),
            "first render": lambda: first(lambda: _in_worker(given())),
            "nothing changed": lambda: _in_worker(given()),
            "one clip edited": lambda: _in_worker(given(next(edits))),
            "verification": lambda: _verification(given()),
        },
    )
    floor = rows.pop("copy")
    rows |= _slow_rivals(quiet, rival, plan, minutes)
    with capsys.disabled():
        print(f"\n{minutes} min, {source.stat().st_size / 1e6:.0f} MB; memory {peak:.0f} MB")
        _tell(floor, rows)
    _compare(ratio, minutes, floor, rows)
    ratio(f"memory of a first render, {minutes} min", peak, _MEMORY_MB, "MB", at_most=1)
    assert 0 < peak <= 150
    assert rows["first render"].cpu < rows["all sound again (-c:a aac)"].cpu
    assert rows["one clip edited"].cpu < rows["first render"].cpu


def _slow_rivals(quiet: list[str], rival: Path, plan: Plan, minutes: int) -> dict[str, Cost]:
    """Once each."""
    sound = ["-c:v", "copy", "-c:a", "aac", str(rival)]
    rows = {"all sound again (-c:a aac)": _cost([*quiet, *sound], rival)}
    if minutes == 1 or os.environ.get("BENCH_ENCODE"):
        held = f"tpad=stop_mode=clone:stop_duration={plan.added / RATE}"
        encode = ["-vf", held, "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", str(rival)]
        rows["libx264 veryfast, as long"] = _cost([*quiet, *encode], rival)
    return rows


def _tell(floor: Cost, rows: Mapping[str, Cost]) -> None:
    print(f"  ffmpeg -c copy: {floor.wall:.2f} s")
    for name, cost in rows.items():
        times = f"{cost.wall / floor.wall:7.2f} x wall {cost.cpu / floor.cpu:7.2f} x processor"
        print(f"  {name:34} {times}  {cost.wall:7.2f} s")


def _compare(ratio: Compare, minutes: int, floor: Cost, rows: Mapping[str, Cost]) -> None:
    """With what is aimed at, where something is."""
    for name in ("first render", "one clip edited"):
        for how in ("", ", its own process"):
            ours, aim = rows[name + how].wall, _AIMS.get((minutes, name + how))
            ratio(f"{name}{how}, {minutes} min, to -c copy", ours, floor.wall, at_most=aim)
    ours, aim = rows["verification"].wall, _AIMS.get((minutes, "verification"))
    ratio(f"verification, {minutes} min, to -c copy", ours, floor.wall, at_most=aim)
    if encoded := rows.get("libx264 veryfast, as long"):
        ours, aim = rows["first render"].wall, 150 if minutes == 10 else None
        ratio(f"veryfast, {minutes} min, to a first render", encoded.wall, ours, at_least=aim)
