"""What a process that renders has to load: it counts against the memory of every render."""

from __future__ import annotations

import subprocess
import sys

_ELSEWHERE = ("asyncio", "multiprocessing", "temporalio", "sqlalchemy", "schema.vtt", "schema.contracts.job")


def test_the_engine_loads_neither_the_platform_nor_texts() -> None:
    code = "import sys, activities.media.render.render; print(*sorted(sys.modules), sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "activities.media.mix.programme" in loaded.split()
    assert not {name for name in loaded.split() if name in _ELSEWHERE}
