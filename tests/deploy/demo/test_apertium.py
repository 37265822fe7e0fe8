"""Apertium from apt, on a Debian of scripts: what is installed is a file in `packages`, what apt knows of in `lists`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.local.demo import apertium

_DPKG_QUERY = "#!/bin/sh\nfor name; do :; done\n[ -e packages/$name ] && echo install ok installed\n"
_APT_GET = """#!/bin/sh
case "$*" in
  *" update "*) [ -e offline ] || touch lists/apertium lists/apertium-eng-spa ;;
  *) for name; do case $name in apertium*)
       [ -e lists/$name ] || { echo "E: Unable to locate package $name" >&2; exit 100; }
       touch packages/$name ;; esac; done ;;
esac
"""


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh container, in which we are root: nothing is installed, and apt has no lists yet."""
    for name in ("bin", "packages", "lists"):
        (tmp_path / name).mkdir()
    for name, source in (("dpkg-query", _DPKG_QUERY), ("apt-get", _APT_GET)):
        program = tmp_path / "bin" / name
        program.write_text(source)
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(*languages: str) -> list[str]:
    words: list[str] = []
    apertium.ensure(languages, words.append)
    return words


def test_a_fresh_container_gets_it(debian: Path) -> None:
    assert said("fr", "es") == ["Installing apertium and apertium-eng-spa for Spanish."]
    assert {path.name for path in (debian / "packages").iterdir()} == {"apertium", "apertium-eng-spa"}
    assert said("es") == [], "it is there now"


def test_without_a_network_it_is_said_why_not(debian: Path) -> None:
    (debian / "offline").touch()
    assert "could not be installed: E: Unable to locate package apertium" in said("es")[-1]


def test_who_is_not_root_is_told_what_to_install(debian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (debian / "packages" / "apertium").touch()
    assert said("es") == [
        "For Spanish, apertium-eng-spa would have to be installed: apt-get install apertium-eng-spa"
    ]


def test_nothing_is_installed_for_other_languages(debian: Path) -> None:
    assert said("fr", "de") == []
