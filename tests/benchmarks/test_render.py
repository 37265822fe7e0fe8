"""What a render costs, as ratios to what ffmpeg needs for the same file, in one run.

Rivals: `ffmpeg -c copy` (the floor), `-c:v copy -c:a aac` (all sound again), and libx264 veryfast with the same holds.
Beside wall time stands the processor time of all processes, which a busy machine does not change. The source is
1080p30 at 4 Mbit/s; a pause with a description and a description in a gap for each minute.
"""

from __future__ import annotations

import os
import pickle
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from activities.media.contract import ClipFile, RenderInput
from schema.plan.model import Plan
from tests.activities.media.render_kit import make_plan
from tests.benchmarks.conftest import Compare
from tests.media_factory import Audio, make_sound

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]
RATE = 48_000
_PAUSE, _CLIP_S = 240, 5
_AIMS = {(10, "first render"): 3.0, (10, "one clip edited"): 1.5, (60, "one clip edited"): 1.0}
"""Times of the copy, by minutes."""
_CHILD = """
import pickle, re, sys
from activities.media.render import render
result = render(pickle.load(open(sys.argv[1], "rb")))
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())  # ru_maxrss would count the parent before exec
print(int(peak[1]) // 1024 if peak else 0, result.report.packets_encoded)
"""


class Cost(NamedTuple):
    wall: float
    cpu: float
    peak_mb: int = 0


def _ffmpeg() -> str:
    found = shutil.which("ffmpeg")
    if not found:
        pytest.skip(
            "ffmpeg is not installed: the rival that ratios are taken against (apt-get install ffmpeg)"
        )
    return found


def _cost(command: list[str], output: Path) -> Cost:
    output.unlink(missing_ok=True)  # writing over a large file has a cost of its own
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, int(done.stdout.split()[0]) if done.stdout else 0)


def _median(run: Callable[[], Cost], times: int = 3) -> Cost:
    costs = [run() for _ in range(times)]
    middle = times // 2
    return Cost(
        sorted(c.wall for c in costs)[middle],
        sorted(c.cpu for c in costs)[middle],
        max(c.peak_mb for c in costs),
    )


def _make_source(ffmpeg: str, folder: Path, minutes: int) -> Path:
    """A minute of picture, repeated; sound in one piece."""
    one, whole = folder / "minute.mp4", folder / "source.mp4"
    picture = "testsrc2=size=1920x1080:rate=30,noise=alls=6:allf=t"
    quiet = [ffmpeg, "-v", "error", "-y"]
    encode = [
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-b:v",
        "4M",
        "-maxrate",
        "5M",
        "-bufsize",
        "8M",
        "-g",
        "60",
    ]
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
        make_sound(tmp_path / f"{n}.wav", Audio("pcm_s16le", RATE, "mono"), _CLIP_S + n / 10)
        for n in range(5)
    ]
    told = tmp_path / "input.pickle"
    output, cache, rival = tmp_path / "out.mp4", tmp_path / "cache", tmp_path / "rival.mp4"

    def render(edit: int = 0) -> Cost:
        chosen = {p.cue_id: ClipFile(clips[edit if p.cue_index == 1 else 0]) for p in plan.placements}
        told.write_bytes(pickle.dumps(RenderInput(source, plan, chosen, output, cache, programme_lufs=-20.0)))
        return _cost([sys.executable, "-c", _CHILD, str(told)], output)

    def first() -> Cost:
        shutil.rmtree(cache, ignore_errors=True)
        return render()

    edits = iter(range(1, 5))
    quiet = [ffmpeg, "-v", "error", "-y", "-i", str(source)]
    floor = _median(lambda: _cost([*quiet, "-c", "copy", str(rival)], rival))
    rows = {
        "all sound again (-c:a aac)": _cost([*quiet, "-c:v", "copy", "-c:a", "aac", str(rival)], rival),
        "first render": _median(first),
        "nothing changed": _median(render),
        "one clip edited": _median(lambda: render(next(edits))),
    }
    if minutes == 1 or os.environ.get("BENCH_ENCODE"):
        held = f"tpad=stop_mode=clone:stop_duration={plan.added / RATE}"
        encode = ["-vf", held, "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", str(rival)]
        rows["libx264 veryfast, as long"] = _cost([*quiet, *encode], rival)
    with capsys.disabled():
        print(f"\n{minutes} min, {source.stat().st_size / 1e6:.0f} MB; ffmpeg -c copy: {floor.wall:.2f} s")
        for name, cost in rows.items():
            times = f"{cost.wall / floor.wall:7.2f} x wall {cost.cpu / floor.cpu:7.2f} x processor"
            print(
                f"  {name:28} {times}  {cost.wall:7.2f} s" + (f"  {cost.peak_mb} MB" if cost.peak_mb else "")
            )
    for name in ("first render", "one clip edited"):
        aim = _AIMS.get((minutes, name))
        ratio(f"{name}, {minutes} min, to -c copy", rows[name].wall, floor.wall, at_most=aim)
    if encoded := rows.get("libx264 veryfast, as long"):
        aim = 1 / 150 if minutes == 10 else None
        ratio(
            f"first render, {minutes} min, to veryfast", rows["first render"].wall, encoded.wall, at_most=aim
        )
    peak = max(cost.peak_mb for cost in rows.values())
    assert 0 < peak <= 150
    assert rows["first render"].cpu < rows["all sound again (-c:a aac)"].cpu
    assert rows["one clip edited"].cpu < rows["first render"].cpu
