"""The command line of the demo."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from deploy.local.demo.options import ROOT, SAMPLE, SAMPLE_TITLE, read
from schema.enums import Kind
from schema.vtt import parse


def test_without_a_video_it_is_the_sample_with_what_a_person_wrote_for_it() -> None:
    options = read([])
    assert (options.video, options.title) == (SAMPLE / "sample.mp4", SAMPLE_TITLE)
    assert [script.kind for script in options.scripts] == [Kind.CAPTIONS, Kind.AUDIO_DESCRIPTION]
    assert all(parse(script.content).document.cues for script in options.scripts)
    assert options.languages == ("es",)


def test_a_video_of_ones_own_gets_nobody_elses_script(tmp_path: Path) -> None:
    video = tmp_path / "My talk.mp4"
    video.touch()
    options = read([str(video), "--languages", "pt-br, FR,fr", "--manual"])
    assert (options.title, options.scripts, options.manual) == ("My talk", (), True)
    assert options.languages == ("pt-BR", "fr")
    assert read([str(video), "--languages", ""]).languages == ()


def test_what_cannot_be_is_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="There is no file"):
        read([str(tmp_path / "absent.mp4")])
    with pytest.raises(SystemExit):
        read(["--languages", "spanish please"])
    assert "is not a language code" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "languages"), [((), ("es",)), (("LANGUAGES=",), ()), (("LANGUAGES=fr, de",), ("fr", "de"))]
)
def test_make_hands_the_languages_over(asked: tuple[str, ...], languages: tuple[str, ...]) -> None:
    assert read(make_demo(*asked)).languages == languages


def test_make_hands_a_file_over_whatever_it_is_called(tmp_path: Path) -> None:
    video = tmp_path / """My "talk", it's `here` & é.mp4"""
    video.touch()
    assert read(make_demo(f"VIDEO={video}", "LANGUAGES=")).video == video


def test_googles_services_are_simulated_where_that_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert read([]).faults is None
    assert read(make_demo("PROVIDER=google-sim")).faults == 0
    assert read(make_demo("PROVIDER=google-sim", "FAULTS=0.2")).faults == 0.2
    with pytest.raises(SystemExit):
        read(["--faults", "0.2"])
    assert "needs --provider google-sim" in capsys.readouterr().err


def make_demo(*asked: str) -> list[str]:
    """What `make demo` would give to the demo."""
    ours = (
        "LANGUAGES",
        "PROVIDER",
        "FAULTS",
        "MAKEFLAGS",
        "MAKELEVEL",
        "MFLAGS",
    )  # the tests are run by make themselves
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    told = subprocess.run(
        ["make", "--dry-run", "demo", *asked], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    command = shlex.split(told.stdout.splitlines()[-1])
    return command[command.index("deploy.local.demo") + 1 :]
