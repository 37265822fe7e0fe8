"""The command line as its tests call it: a folder with a script and captions, and one cache for all calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.command.main import main

AD = """WEBVTT

d1
00:00:00.500 --> 00:00:01.500
A bar moves.

d2
00:00:02.000 --> 00:00:03.000
It stops at the edge of a dark field.
"""
CAPTIONS = """WEBVTT

00:00:00.300 --> 00:00:01.800
Are you there?

00:00:02.100 --> 00:00:03.700
I am here.
"""


class Folder:
    """`ad` and `captions` lie in it."""

    def __init__(self, path: Path, cache: Path) -> None:
        self.path, self.cache = path, cache
        self.ad = self.write("ad.vtt", AD)
        self.captions = self.write("captions.vtt", CAPTIONS)

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.write_text(text)
        return path

    def run(self, command: str, *rest: object) -> int:
        return main([command, *map(str, rest), "--cache", str(self.cache)])


Output = pytest.CaptureFixture[str]
