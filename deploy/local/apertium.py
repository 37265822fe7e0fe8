"""Apertium without root: Debian's packages, downloaded by apt, which checks their signatures, and unpacked into the
folder of the local models.

Only packages that the system lacks are downloaded; its own libraries are used otherwise.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from activities.local.apertium_places import DATA, FOLDER, Place
from activities.local.apertium_text import Unit, decode, encode
from deploy.local.temporal_build import Say, last_line
from schema.errors import Misconfigured

PACKAGES = (
    "apertium",
    *(f"apertium-{pair}" for pair in ("eng-spa", "eng-cat", "en-gl", "eo-en")),
    *(f"apertium-{pair}" for pair in ("spa-cat", "es-pt", "fr-es", "spa-ita", "spa-ast", "spa-arg", "oc-es")),
    *(f"apertium-{pair}" for pair in ("por-cat", "fra-cat", "cat-ita", "oc-ca")),
)
"""The engine, pairs with English, and pairs that serve as intermediate steps. Not every distribution has every pair."""
_WHAT = "Apertium (rough translation to a dozen languages, 46 MB, GPL, from this system's packages)"
_INSTEAD = "only what is installed translates"
_TIMEOUT_S = 300
_TRY = Unit("Madrid.", source="Madrid.")
_TRY_S = 60
_DONE = "packages.txt"
"""A file in the folder that records what was requested."""


def ensure(root: Path, say: Say) -> bool:
    """Returns whether Apertium is available. If it is not, `say` is called with one line about the reason."""
    folder = root / FOLDER
    done = folder / _DONE
    if done.is_file() and done.read_text() == "\n".join(PACKAGES):
        return True
    try:
        _obtain(root, folder, say)
    except (Misconfigured, OSError) as error:
        why = error.message if isinstance(error, Misconfigured) else str(error)
        say(f"{_WHAT} could not be had, so {_INSTEAD}: {why}")
        return False
    return True


def _obtain(root: Path, folder: Path, say: Say) -> None:
    """Downloads and unpacks the packages. The folder only counts once its pairs have translated.

    Raises:
        Misconfigured: this system has no such packages, or they cannot be downloaded.
        OSError: the disk is full.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Misconfigured("there is no apt-get here (install apertium and apertium-eng-spa by other means)")
    say(f"Obtaining {_WHAT}")
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".obtaining-", dir=root) as scratch:
        packages = _download(Path(scratch))
        made = Path(scratch) / FOLDER
        made.mkdir()
        for package in packages:
            _run(["dpkg-deb", "-x", str(package), str(made)])
        for mode in (made / DATA / "modes").glob("*.mode"):
            mode.write_text(mode.read_text().replace(f"/{DATA}/", f"{folder / DATA}/"))
        shutil.rmtree(folder, ignore_errors=True)
        made.replace(folder)
    _keep_what_translates(folder)
    (folder / _DONE).write_text("\n".join(PACKAGES))


def _download(scratch: Path) -> list[Path]:
    """Downloads the missing packages with their dependencies. The system's package lists are used if they know the
    packages. A fresh container has none, and old ones may name deleted files."""
    cache, lists = scratch / "cache", scratch / "lists"
    for folder in (cache / "archives" / "partial", lists / "partial"):
        folder.mkdir(parents=True)
    options = ["-q", "-o", f"Dir::Cache={cache}", "-o", "Debug::NoLocking=true"]
    try:
        _install(options)
    except Misconfigured:
        options += ["-o", f"Dir::State::Lists={lists}"]
        _run(["apt-get", *options, "update"])
        _install(options)
    return sorted((cache / "archives").glob("*.deb"))


def _install(options: Sequence[str]) -> None:
    known = set(_run(["apt-cache", *options, "pkgnames", "apertium"]).split())
    wanted = [package for package in PACKAGES if package in known]
    if PACKAGES[0] not in wanted:
        raise Misconfigured("the package apertium is not in this system's lists")
    _run(["apt-get", *options, "--yes", "--no-install-recommends", "--download-only", "install", *wanted])


def _run(command: Sequence[str]) -> str:
    """Runs a command and returns its output.

    Raises:
        Misconfigured: it failed.
    """
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise Misconfigured(f"{command[0]} took longer than {_TIMEOUT_S} s") from None
    if done.returncode:
        raise Misconfigured(last_line(done.stderr) or f"{command[0]} failed")
    return done.stdout


def _keep_what_translates(folder: Path) -> None:
    """Removes pairs that do not work: some are packaged without a part, or with one that the engine cannot read."""
    place = Place.unpacked(folder)
    if place is None:
        return
    sound = {mode for mode in place.modes.values() if _translates(place, mode)}
    for mode in (folder / DATA / "modes").glob("*.mode"):
        if mode.stem not in sound:
            mode.unlink()


def _translates(place: Place, mode: str) -> bool:
    command = [place.program, *place.options, "-u", "-z", "-f", "none", mode]
    environment = {**os.environ, **place.environment, "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            command, input=encode([_TRY]), env=environment, capture_output=True, timeout=_TRY_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and bool(decode(done.stdout, 1)[0])
