"""`python -m deploy.local.storage --data DIR --port N`: serves the store in a folder until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

import uvicorn

from deploy.local.storage.app import create_app
from deploy.local.storage.buckets import bucket_name
from deploy.local.storage.catalogue import Buckets
from deploy.local.storage.errors import StorageError

GRACE_S = 3
"""How long running requests may go on after SIGTERM; what an upload has sent by then is kept."""

KEEP_ALIVE_S = 75
"""Longer than a client's pool usually idles, so that a request does not meet a connection that is just closing."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.storage", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="the folder that holds everything; made if missing"
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--host", default="127.0.0.1", help="whoever can reach it can read and write everything"
    )
    parser.add_argument(
        "--bucket", action="append", default=[], help="made at the start if missing; may be repeated"
    )
    arguments = parser.parse_args()
    for stop in (signal.SIGTERM, signal.SIGINT):  # uvicorn stops cleanly, then raises the signal again
        signal.signal(stop, lambda *_: sys.exit(0))
    try:
        app = create_app(arguments.data)
        for name in arguments.bucket:
            _ensure_bucket(app.state.store.buckets, bucket_name(name))
    except (RuntimeError, StorageError, OSError) as error:
        sys.stderr.write(f"The object store cannot start: {error}\n")
        return 2
    uvicorn.run(
        app,
        host=arguments.host,
        port=arguments.port,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    return 0


def _ensure_bucket(buckets: Buckets, name: str) -> None:
    if not any(bucket.name == name for bucket in buckets.list(name)):
        buckets.create(name, {})


if __name__ == "__main__":
    sys.exit(main())
