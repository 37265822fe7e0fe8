"""The options of a demo run, and the address of the platform."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.demo.gates import Script
from schema.contracts.bounds import normalise_language
from schema.enums import Kind

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "deploy" / "local" / "sample"
SAMPLE_TITLE = "How the Lighthouse Got Its Light"
SOURCE_LANGUAGE = "en"
"""Languages that the local recogniser understands."""
LOCAL, GOOGLE_SIM = "local", "google-sim"
"""The provider of the steps."""


@dataclass(frozen=True, slots=True)
class Options:
    video: Path
    title: str
    languages: tuple[str, ...]
    scripts: tuple[Script, ...]
    """The texts that the reviewer saves over the drafts; only for the included sample."""
    manual: bool
    out: Path
    keep: bool
    faults: float | None = None
    """The share of simulated Google calls that fail; None without simulation."""


@dataclass(frozen=True, slots=True)
class Platform:
    """The addresses of a running stack, and the credentials of its seeded users."""

    api: str
    temporal_ui: str
    password: str
    stays: bool = True
    """Whether it keeps running after the demo."""


def read(arguments: Sequence[str]) -> Options:
    """Parses the command line. An invalid one ends the process with a message."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local.demo",
        description="Takes one video through every step, by the REST API and the socket alone.",
    )
    parser.add_argument("video", nargs="?", type=Path, help="a video of yours, in English; else the sample")
    parser.add_argument(
        "--languages", default="es", help="target languages, such as es,fr; empty for English alone (es)"
    )
    parser.add_argument("--manual", action="store_true", help="wait for a person at each gate")
    parser.add_argument("--out", type=Path, default=Path("out"), help="where the outputs go (out/)")
    parser.add_argument("--keep", action="store_true", help="leave the platform running at the end")
    parser.add_argument(
        "--provider",
        choices=(LOCAL, GOOGLE_SIM),
        help="google-sim: Google's client libraries, and doubles of its services (the settings' own)",
    )
    parser.add_argument(
        "--faults",
        type=_share,
        default=None,
        help="with google-sim, the share of calls that fail, such as 0.2 (0)",
    )
    asked = parser.parse_args(arguments)
    if asked.faults is not None and asked.provider != GOOGLE_SIM:
        parser.error(f"--faults needs --provider {GOOGLE_SIM}")
    try:
        codes = [normalise_language(code.strip()) for code in asked.languages.split(",") if code.strip()]
    except ValueError as error:
        parser.error(f"--languages: {error}")
    sample = SAMPLE / "sample.mp4"
    video: Path = asked.video or sample
    if not video.is_file():
        sys.exit(f"There is no file {video}.")
    own = video.resolve() == sample.resolve()
    return Options(
        video=video,
        title=SAMPLE_TITLE if own else video.stem,
        languages=tuple(dict.fromkeys(codes)),
        scripts=_scripts() if own else (),
        manual=asked.manual,
        out=asked.out,
        keep=asked.keep,
        faults=(asked.faults or 0.0) if asked.provider == GOOGLE_SIM else None,
    )


def _share(word: str) -> float:
    share = float(word)
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(f"{word} is not from 0 to less than 1")
    return share


def _scripts() -> tuple[Script, ...]:
    """The human-written texts of the sample."""
    captions = (SAMPLE / "captions.en.vtt").read_text(encoding="utf-8")
    description = (SAMPLE / "ad.en.vtt").read_text(encoding="utf-8")
    return (
        Script(Kind.CAPTIONS, captions, "the captions that a person wrote"),
        Script(Kind.AUDIO_DESCRIPTION, description, "the AD script that a person wrote"),
    )
