"""`make chaos`: kills the platform's processes while jobs are in flight, and says what is wrong afterwards."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys

from deploy.local.stack import PARTS
from tests.resilience.chaos.faults import STORES
from tests.resilience.chaos.storm import Weather, storm


def _away(said: str) -> tuple[str, float]:
    name, _, seconds = said.partition(":")
    if name not in STORES:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(STORES)}")
    return name, float(seconds or 120)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="chooses jobs and victims")
    parser.add_argument("--minutes", type=float, default=5, help="of kills")
    parser.add_argument("--jobs", type=int, default=8, help="in flight at once")
    parser.add_argument(
        "--away", type=_away, nargs="*", default=[], metavar="PART:SECONDS", help=", ".join(STORES)
    )
    parser.add_argument("--restarts", type=int, default=0, help="of each pool, by SIGTERM")
    asked = parser.parse_args()
    weather = Weather(
        asked.seed, asked.jobs, kill_s=asked.minutes * 60, away=tuple(asked.away), restarts=asked.restarts
    )
    print(f"Seed {weather.seed}. Starting {', '.join(sorted(PARTS))}.", flush=True)
    report = asyncio.run(storm(weather, lambda words: print(words, flush=True)))
    print(report)
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
