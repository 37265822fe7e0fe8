"""Apertium for the demo's Spanish: installed with apt where we may, else named."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable

_PACKAGES = {"es": ("apertium", "apertium-eng-spa")}
_INSTALL_S = 300
_LOCK_S = 60
"""How long another apt is waited for."""


def ensure(languages: Iterable[str], say: Callable[[str], None]) -> None:
    """Installs what translates to `languages`, if it is missing and we are root on a Debian; says what happens.

    A language that cannot be translated is refused by the API, with the package that would do it.
    """
    wanted = [package for code in languages for package in _PACKAGES.get(code, ())]
    missing = [package for package in dict.fromkeys(wanted) if not _installed(package)]
    if not missing:
        return
    names = " and ".join(missing)
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        say(f"For Spanish, {names} would have to be installed: apt-get install {' '.join(missing)}")
        return
    say(f"Installing {names} for Spanish.")
    if why := _install(missing):
        say(f"{names} could not be installed: {why}")


def _install(packages: list[str]) -> str | None:
    """Why it did not work, or None. The lists of packages are fetched first: a fresh container has none."""
    commands = (["update", "-q"], ["install", "-yq", "--no-install-recommends", *packages])
    for arguments in commands:
        try:
            done = subprocess.run(
                ["apt-get", "-o", f"DPkg::Lock::Timeout={_LOCK_S}", *arguments],
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                capture_output=True,
                text=True,
                timeout=_INSTALL_S,
            )
        except subprocess.TimeoutExpired:
            return f"apt-get {arguments[0]} took longer than {_INSTALL_S} s"
    if done.returncode == 0:
        return None
    return (done.stderr or done.stdout).strip()[-300:]


def _installed(package: str) -> bool:
    """By dpkg where there is one; elsewhere by the program, for pairs have none of their own."""
    if shutil.which("dpkg-query") is None:
        return shutil.which("apertium") is not None
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True, text=True, check=False
    )
    return "ok installed" in asked.stdout
