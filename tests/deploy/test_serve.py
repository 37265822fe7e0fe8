"""The API's process is small: what media and models need is loaded by workers alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_HEAVY = (
    "av",
    "numpy",
    "google.genai",
    "google.cloud.speech",
    "google.cloud.texttospeech",
    "pocketsphinx",
    "rapidocr",
    "onnxruntime",
    "faster_whisper",
)


def test_the_api_loads_no_media_library_and_no_vendors_ai_library() -> None:
    source = "import sys, deploy.serve, api.main, workers.wiring, workers.queues, workflows.start; print(*sys.modules, sep='\\n')"
    told = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(told.stdout.split())
    assert "api.main" in loaded
    assert not loaded.intersection(_HEAVY)
