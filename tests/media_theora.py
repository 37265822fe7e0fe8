"""Theora, by FFmpeg's program where it is installed: PyAV comes without the encoder."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def make_theora(source: Path, target: Path) -> Path:
    """`source` encoded to Theora and Vorbis; the test is skipped where nothing can."""
    program = shutil.which("ffmpeg")
    if program is None or b"libtheora" not in subprocess.check_output([program, "-v", "error", "-encoders"]):
        pytest.skip("no ffmpeg with libtheora is installed")
    coded = ["-c:v", "libtheora", "-q:v", "8", "-c:a", "libvorbis"]
    subprocess.run([program, "-v", "error", "-i", source, *coded, target], check=True)
    return target
