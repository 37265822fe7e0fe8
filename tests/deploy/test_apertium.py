"""Apertium's packages from apt, without root, on a Debian of scripts: what apt knows of is a file in `lists`."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.local.apertium_places import FOLDER, Place
from deploy.local import apertium

_APT_CACHE = "#!/bin/sh\nls lists\n"
_APT_GET = """#!/bin/sh
echo "$*" >> asked
case "$*" in
  *" update") [ -e offline ] && { echo "E: The network is unreachable" >&2; exit 100; }
    touch lists/apertium lists/apertium-eng-spa lists/apertium-en-gl ;;
  *) for option; do case $option in Dir::Cache=*) archives=${option#Dir::Cache=}/archives ;; esac; done
     for name; do case $name in apertium*) touch "$archives/${name}_1_all.deb" ;; esac; done ;;
esac
"""
_DPKG_DEB = """#!/bin/sh
data=$3/usr/share/apertium/modes
mkdir -p "$data" "$3/usr/bin"
case "$2" in
  *eng-spa*) echo "cat /usr/share/apertium/eng-spa/words" > "$data/eng-spa.mode" ;;
  *en-gl*) echo "broken /usr/share/apertium/en-gl/words" > "$data/en-gl.mode" ;;
  *) cp engine "$3/usr/bin/apertium" ;;
esac
"""
_ENGINE = """#!/bin/sh
for mode; do :; done
case "$(cat "$2/modes/$mode.mode")" in broken*) echo usage; exit 0 ;; *) exec cat ;; esac
"""


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh container: nothing is installed, and apt has no lists yet."""
    for name in ("bin", "lists"):
        (tmp_path / name).mkdir()
    programs = {"apt-cache": _APT_CACHE, "apt-get": _APT_GET, "dpkg-deb": _DPKG_DEB, "../engine": _ENGINE}
    for name, source in programs.items():
        program = tmp_path / "bin" / name
        program.write_text(source)
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_fresh_container_gets_the_pairs_that_its_distribution_has(debian: Path) -> None:
    root, said = debian / "weights", list[str]()
    assert apertium.ensure(root, said.append)
    assert [words.split(" (")[0] for words in said] == ["Obtaining Apertium"]
    place = Place.unpacked(root / FOLDER)
    assert place is not None
    assert place.modes == {("en", "es"): "eng-spa"}, "a pair that does not translate is left out"
    assert place.program == str(root / FOLDER / "usr/bin/apertium")
    mode = root / FOLDER / "usr/share/apertium/modes/eng-spa.mode"
    assert mode.read_text() == f"cat {root / FOLDER}/usr/share/apertium/eng-spa/words\n"
    assert [path.name for path in root.iterdir()] == [FOLDER], "nothing else stays"


def test_it_is_obtained_once(debian: Path) -> None:
    root, said = debian / "weights", list[str]()
    assert apertium.ensure(root, said.append) and apertium.ensure(root, said.append)
    assert len(said) == 1


def test_what_the_lists_know_needs_no_other_lists(debian: Path) -> None:
    for name in ("apertium", "apertium-eng-spa"):
        (debian / "lists" / name).touch()
    assert apertium.ensure(debian / "weights", lambda _: None)
    assert "update" not in (debian / "asked").read_text()


def test_without_a_network_it_is_one_line(debian: Path) -> None:
    (debian / "offline").touch()
    said = list[str]()
    assert not apertium.ensure(debian / "weights", said.append)
    assert said[-1].endswith(
        "could not be had, so only what is installed translates: E: The network is unreachable"
    )
    assert "\n" not in said[-1]
    assert list((debian / "weights").iterdir()) == []


def test_where_there_is_no_apt_it_is_one_line(debian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(debian / "nowhere"))
    said = list[str]()
    assert not apertium.ensure(debian / "weights", said.append)
    (line,) = said
    assert "there is no apt-get here" in line
