"""A storm over the platform, then calm, then what is wrong."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from activities.local.translator import ApertiumTranslator
from schema.transitions import CLOSED
from tests.resilience.chaos import checks, paid
from tests.resilience.chaos.evidence import Investigator
from tests.resilience.chaos.faults import Fault, Faults
from tests.resilience.chaos.listener import Listener
from tests.resilience.chaos.platform import ChaosStack
from tests.resilience.chaos.providers import read
from tests.resilience.chaos.workload import Run, Workload
from tests.stack import data_folder

OUT = Path("out")
_SETTLE_S = 120.0
"""How long after the last decision the rows and Temporal's lists may take to follow."""


@dataclass(frozen=True, slots=True)
class Weather:
    """In this order: `each_once`, which is each process killed and each pool restarted, and then all of ours killed
    at once; kills for a while; parts away one after the other, each for so many seconds; every pool restarted so
    often."""

    seed: int
    in_flight: int = 8
    each_once: bool = False
    kill_s: float = 0
    away: tuple[tuple[str, float], ...] = ()
    restarts: int = 0
    every_s: tuple[float, float] = (2.0, 6.0)
    patience_s: float = 900.0
    """How long people send a request again, and wait for a job of which nothing is heard."""


@dataclass
class Report:
    weather: Weather
    runs: list[Run] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    began: float = field(default_factory=time.time)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    """By job, or by what else it is about."""
    deaths: list[str] = field(default_factory=list)
    """Of processes that nobody had killed, or that did not end in time when they were told to."""
    calls: str = ""
    logs: Path | None = None
    seconds: float = 0

    def __str__(self) -> str:
        writes = [write for run in self.runs for write in run.writes]
        kinds = Counter(run.script.name for run in self.runs)
        said = Counter(said for write in writes for _, said in write.answers)
        lines = [
            f"Seed {self.weather.seed}, {self.seconds:.0f} s. {len(self.runs)} jobs: "
            + ", ".join(f"{count} {name}" for name, count in sorted(kinds.items())),
            f"{len(writes)} decisions, of which {checks.lost_writes(writes)} were sent again: "
            + ", ".join(f"{count} {name}" for name, count in said.most_common()),
            f"Providers: {self.calls}",
            f"{len(self.faults)} faults:",
            *(f"  {fault.told(self.began)}" for fault in self.faults),
            *(f"  not ours: {death}" for death in self.deaths),
        ]
        for about, found in self.wrong.items():
            lines += [f"Wrong, {about}:", *(f"  {each}" for each in found)]
        if self.wrong:
            lines.append(
                f"make chaos SEED={self.weather.seed} begins like this again. Logs, histories: {self.logs}"
            )
        return "\n".join(lines)


async def storm(weather: Weather, say: Callable[[str], None]) -> Report:
    """Runs it on a stack of its own. Where something is wrong, logs and histories are left in `out/chaos-...`."""
    report = Report(weather)
    with data_folder("chaos") as folder:
        translates = ("en", "es") in ApertiumTranslator(folder / "apertium").pairs()

        def hear(words: str) -> None:
            first = words.splitlines()[0]
            if "was killed by SIGKILL" not in first:  # by us
                report.deaths.append(first)
                say(first)

        async with ChaosStack(folder / "data", hear) as stack:
            await _weathered(report, stack, say, translates=translates)
        if report.logs:
            shutil.copytree(stack.data / "logs", report.logs / "logs")
    report.seconds = time.time() - report.began
    if report.logs:
        (report.logs / "report.txt").write_text(str(report))
    return report


async def _weathered(
    report: Report, stack: ChaosStack, say: Callable[[str], None], *, translates: bool
) -> None:
    weather = report.weather
    async with (
        Investigator(stack) as investigator,
        Listener(stack) as listener,
        Workload(
            stack,
            weather.seed,
            weather.in_flight,
            weather.patience_s,
            listener.news,
            translates=translates,
        ) as work,
    ):
        report.runs = work.runs
        faults = Faults(stack, Random(weather.seed), work.at_work, say)
        report.faults, report.began = faults.timeline, faults.began
        try:
            await work.begun()
            await _blow(weather, faults)
            say(f"Calm. {len(work.runs)} jobs, and people finish them.")
            await work.finish()
            await _investigate(report, stack, investigator, listener)
        except Exception:  # such as a part that does not come back: what is known is told all the same
            _add(report, "the storm itself", traceback.format_exc().splitlines())
        if report.wrong:
            report.logs = await _keep(report, stack, investigator)


async def _blow(weather: Weather, faults: Faults) -> None:
    if weather.each_once:
        await faults.each_once(weather.every_s)
        await faults.all_at_once()
    await faults.kills(weather.kill_s, weather.every_s)
    for name, seconds in weather.away:
        await faults.away(name, seconds)
    await faults.restarts(weather.restarts)


async def _investigate(
    report: Report, stack: ChaosStack, investigator: Investigator, listener: Listener
) -> None:
    jobs = await investigator.ask("select id, title, status from jobs")
    by_title = {run.title: run for run in report.runs}
    titles = Counter(row["title"] for row in jobs)
    for title in titles.keys() | by_title.keys():
        if titles[title] != 1 and by_title[title].writes:
            _add(report, title, [f"there are {titles[title]} jobs of this title"])
    for row in jobs:
        by_title[row["title"]].job_id = row["id"]
    for run, wrong in (await _settled([run for run in report.runs if run.job_id], investigator)).items():
        _add(report, f"{run.title} ({run.script.name}, {run.job_id})", wrong)
    lines = read(stack.calls)
    report.calls = paid.summary(lines)
    _add(report, "what was paid", list(paid.again(lines, report.faults)))
    await listener.caught_up(investigator, _SETTLE_S)
    _add(report, "the socket", list(await listener.wrong(investigator)))


async def _settled(runs: Iterable[Run], investigator: Investigator) -> dict[Run, list[str]]:
    """What is wrong with each, once that has stopped to change: rows follow their workflows, and lists follow later."""
    until = time.monotonic() + _SETTLE_S
    wrong: dict[Run, list[str]] = {}
    left = list(runs)
    while left:
        for run in left:
            assert run.job_id
            found = await investigator.of_job(run.job_id)
            wrong[run] = checks.all_of(run, found)
            if wrong[run] and found.job["status"] not in CLOSED:
                wrong[run] += [each for flow in found.workflows for each in await investigator.pending(flow)]
        left = [run for run in left if len(wrong[run]) > len(run.wrong)]
        if time.monotonic() > until:
            break
        await asyncio.sleep(1)
    return {run: [*said, *(f"sent: {write}" for write in run.writes)] for run, said in wrong.items() if said}


def _add(report: Report, about: str, wrong: list[str]) -> None:
    if wrong:
        report.wrong.setdefault(about, []).extend(wrong)


async def _keep(report: Report, stack: ChaosStack, investigator: Investigator) -> Path:
    folder = (OUT / f"chaos-{report.weather.seed}-{time.strftime('%H%M%S')}").resolve()
    folder.mkdir(parents=True)
    if stack.calls.exists():
        shutil.copy(stack.calls, folder)
    for run in report.runs:
        if run.job_id and any(about.startswith(f"{run.title} ") for about in report.wrong):
            found = await investigator.of_job(run.job_id)
            for each in found.workflows.values():
                (folder / f"{each.id}.history.json").write_text(await investigator.history(each.id))
            rows = {
                "job": found.job,
                "events": found.events,
                "audit": found.audit,
                "languages": found.languages,
            }
            (folder / f"job-{run.job_id}.rows.json").write_text(json.dumps(rows, default=str, indent=1))
    return folder
