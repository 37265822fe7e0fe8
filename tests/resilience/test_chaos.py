"""Some minutes of what `make chaos` does for as long as one likes."""

from __future__ import annotations

import pytest

from tests.resilience.chaos.faults import STORES
from tests.resilience.chaos.storm import Weather, storm


async def _holds(weather: Weather) -> None:
    report = await storm(weather, print)
    assert not report.wrong, report
    print(report)


@pytest.mark.timeout(1800)
async def test_nothing_is_lost_or_doubled_by_kills_restarts_and_half_a_minute_of_silence() -> None:
    """Some three minutes; the timeout is a bound."""
    away = tuple((name, 30.0) for name in STORES)
    await _holds(Weather(1, in_flight=4, each_once=True, away=away, every_s=(0.5, 2.0)))


@pytest.mark.long
async def test_ten_minutes_of_kills() -> None:
    await _holds(Weather(2, in_flight=12, kill_s=600))


@pytest.mark.long
@pytest.mark.parametrize("seconds", [120, 360])
@pytest.mark.parametrize("name", STORES)
async def test_a_part_that_is_away_for_minutes(name: str, seconds: float) -> None:
    await _holds(Weather(3, away=((name, seconds),)))


@pytest.mark.long
async def test_every_pool_restarted_ten_times() -> None:
    await _holds(Weather(4, restarts=10))
