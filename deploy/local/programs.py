"""Our own programs as the local stack runs them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from deploy.local.service import Program


def python(name: str, *arguments: str, env: Mapping[str, str]) -> Program:
    """`python -m ...` with `env` over our own environment."""
    return Program(
        name, (sys.executable, "-m", *arguments), env=os.environ | dict(env) | {"PYTHONUNBUFFERED": "1"}
    )


def migrations(database_url: str) -> Program:
    """Brings the database to the newest migration; nothing happens when it is there."""
    return python("migrations", "schema.migrations", "upgrade", env={"DATABASE_URL": database_url})
