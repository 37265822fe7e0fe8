"""Progress as it is seen: a bar on a terminal, lines in a log."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO

import pytest

from activities.command.bar import Bar
from tests.activities.command.kit import Folder
from tests.media_corpus import Corpus


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_bar_that_goes_away() -> None:
    out = _Terminal()
    with Bar(out) as bar:
        progress = bar.phase("rendering")
        progress(1.0, "writing")
    drawn = out.getvalue()
    assert "100%  writing" in drawn and drawn.endswith("\r\x1b[K")


def test_a_log_sees_a_line_for_each_phase() -> None:
    out = StringIO()
    with Bar(out) as bar:
        bar.phase("speaking")(0.5, "half")
        bar.phase("rendering")(1.0, "all")
    assert out.getvalue() == "speaking …\nrendering …\n"


def test_quiet_is_quiet() -> None:
    for out in (StringIO(), _Terminal()):
        with Bar(out, quiet=True) as bar:
            bar.phase("speaking")(0.5, "half")
        assert out.getvalue() == ""


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_whoever_wants_no_output_may_close_it(folder: Folder, corpus: Corpus, closed: str) -> None:
    call = [sys.executable, "-m", "activities.command", "probe", str(corpus["no_audio"])]
    done = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *call, "--cache", str(folder.cache)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"Traceback" not in done.stderr
