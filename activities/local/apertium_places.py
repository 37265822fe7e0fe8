"""Where Apertium is on this machine: as the system has it, and as set-up has unpacked it without root.

A pair that is in neither may be had by way of a third language, whose pairs are Apertium's best.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from activities.local.apertium_codes import modes_by_pair

FOLDER = "apertium"
"""In the folder of the local models."""
BY_WAY_OF = ("es", "ca")
"""In order of preference."""
_LIST_S = 30
DATA, _PROGRAMS, _LIBRARIES = "usr/share/apertium", "usr/bin", "usr/lib"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """An Apertium: its program, what it is called with, and its modes by (source, target)."""

    program: str
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    modes: Mapping[Pair, str] = field(default_factory=dict)

    @classmethod
    def of_system(cls) -> Self | None:
        program = shutil.which("apertium")
        if program is None:
            return None
        listing = subprocess.run(
            [program, "-l"], capture_output=True, text=True, timeout=_LIST_S, check=False
        )
        return cls(program, modes=modes_by_pair(listing.stdout))

    @classmethod
    def unpacked(cls, root: Path) -> Self | None:
        """`root` holds what packages hold. Programs and libraries that it lacks are the system's."""
        data = root / DATA
        libraries = sorted(str(path) for path in (root / _LIBRARIES).glob("*-linux-*"))
        environment = {
            "PATH": os.pathsep.join([str(root / _PROGRAMS), os.environ.get("PATH", os.defpath)]),
            "LD_LIBRARY_PATH": os.pathsep.join(
                [*libraries, *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
            ),
        }
        program = shutil.which("apertium", path=environment["PATH"])
        names = sorted(mode.stem for mode in (data / "modes").glob("*.mode"))
        if program is None or not names:
            return None
        environment["APERTIUM_PATH"] = str(Path(program).parent)
        return cls(program, ("-d", str(data)), environment, modes_by_pair("\n".join(names)))


class Leg(NamedTuple):
    """One mode of the way from a language to another. `target` is the language that it comes to."""

    place: Place
    mode: str
    target: str


def ways(unpacked: Path | None) -> dict[Pair, tuple[Leg, ...]]:
    """Of each pair that can be had its one leg, or two. The system's modes win over the unpacked ones."""
    direct: dict[Pair, Leg] = {}
    for place in (Place.unpacked(unpacked) if unpacked else None, Place.of_system()):
        if place is not None:
            direct |= {pair: Leg(place, mode, pair[1]) for pair, mode in place.modes.items()}
    found: dict[Pair, tuple[Leg, ...]] = {pair: (leg,) for pair, leg in direct.items()}
    for between in BY_WAY_OF:
        for (source, middle), first in direct.items():
            for (other, target), second in direct.items():
                if middle == other == between and source != target:
                    found.setdefault((source, target), (first, second))
    return found
