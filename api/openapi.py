"""Writes `api/openapi.json`: `python -m api.openapi`. A test checks that it is up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from api.document import Documented
from api.main import ABOUT, routers

PATH = Path(__file__).with_name("openapi.json")


def document() -> dict[str, Any]:
    """The OpenAPI document, made without running any part of the platform."""
    app = Documented(**ABOUT)
    app.include_router(routers())
    return app.openapi()


def rendered() -> str:
    """The document as it is committed: in a stable order, so that diffs show only real changes."""
    return json.dumps(document(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    PATH.write_text(rendered(), encoding="utf-8")
