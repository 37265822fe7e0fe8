"""What the providers were asked: each thing once, and again only where something went wrong in between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from tests.resilience.chaos.faults import Fault
from tests.resilience.chaos.providers import BEGUN, KEPT, Line

_TWIN_S = 10.0
"""An attempt that was given up may keep its answer while another has already looked for it, and asks."""
_LASTING_S = 120.0
"""How long a fault may be felt: a heartbeat is missed, an attempt waits for its turn."""
_RECORD = ".json"
"""The last that is stored of an answer."""


def again(lines: Iterable[Line], faults: Sequence[Fault]) -> Iterator[str]:
    """What was asked again without need."""
    for (what, key), asked in _by_question(lines).items():
        begun = [line.at for line in asked if line.event == BEGUN]
        kept = min(
            (line.at for line in asked if line.event == KEPT and line.name.endswith(_RECORD)), default=None
        )
        late = [at for at in begun if kept is not None and at > kept + _TWIN_S]
        if late:
            yield f"{what} {key} was kept, and asked for {len(late)} times after that, {late[0] - (kept or 0):.1f} s later"
        for first, second in pairwise(begun):
            if not any(fault.at < second and fault.until + _LASTING_S > first for fault in faults):
                yield f"{what} {key} was asked twice in {second - first:.1f} s, and nothing had gone wrong"


def summary(lines: Iterable[Line]) -> str:
    """Such as `speak 40 times for 38 texts`, by method."""
    times: dict[str, list[int]] = defaultdict(list)
    for (what, _), asked in _by_question(lines).items():
        times[what].append(sum(line.event == BEGUN for line in asked))
    return ", ".join(f"{what} {sum(each)} times for {len(each)}" for what, each in sorted(times.items()))


def _by_question(lines: Iterable[Line]) -> dict[tuple[str, str], list[Line]]:
    found: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        found[line.what, line.key].append(line)
    return found
