"""`ratio`: what a benchmark compares, in one table at the end of the run.

Ratios are of things measured in the same run on the same machine, so that they mean the same on another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pytest


@dataclass(frozen=True, slots=True)
class Ratio:
    """`ours` over `rival`, both in `unit`, and what it should be; without an aim it is there to be known."""

    name: str
    ours: float
    rival: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def value(self) -> float:
        return self.ours / self.rival

    @property
    def met(self) -> bool:
        enough = self.at_least is None or self.value >= self.at_least
        return enough and (self.at_most is None or self.value <= self.at_most)

    @property
    def aim(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}"


class Compare(Protocol):
    """`ratio(name, ours, rival, unit, at_most=…)` or `at_least=…`: keeps it for the table, which says where an
    aim was missed. No test fails on a time."""

    def __call__(
        self,
        name: str,
        ours: float,
        rival: float,
        unit: str = "s",
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> float: ...


_RATIOS = pytest.StashKey[list[Ratio]]()


@pytest.fixture
def ratio(request: pytest.FixtureRequest) -> Compare:
    kept = request.config.stash.setdefault(_RATIOS, [])

    def compare(
        name: str,
        ours: float,
        rival: float,
        unit: str = "s",
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> float:
        found = Ratio(name, ours, rival, unit, at_least, at_most)
        kept.append(found)
        return found.value

    return compare


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(_RATIOS, [])
    if not found:
        return
    terminalreporter.section("ratios")
    width = max(len(each.name) for each in found)
    terminalreporter.line(f"{'':{width}}  {'ratio':>7}  {'aim':>7}  {'ours':>10}  {'rival':>10}")
    for each in found:
        terminalreporter.line(
            f"{each.name:{width}}  {each.value:7.2f}  {each.aim:>7}  {_figure(each.ours):>10}  "
            f"{_figure(each.rival):>10}  {each.unit:6}{'' if each.met else '  missed'}",
            green=each.met,
            red=not each.met,
        )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
