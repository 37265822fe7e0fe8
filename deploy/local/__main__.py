"""`python -m deploy.local up`: the whole platform, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from deploy.local.seed import PEOPLE
from deploy.local.service import StartFailed
from deploy.local.stack import Stack
from schema.errors import Conflict, Misconfigured

ROOT = Path(__file__).resolve().parents[2]


def data_folder() -> Path:
    """`ACCESSIBLE_VIDEO_DATA`, else `.data` in the repository."""
    return Path(os.environ.get("ACCESSIBLE_VIDEO_DATA") or ROOT / ".data")


def welcome(stack: Stack) -> str:
    """The information that a person needs to begin."""
    width = max(len(person.email) for person in PEOPLE)
    people = "\n".join(f"    {person.email:{width}}  {person.role.value}" for person in PEOPLE)
    return (
        f"\nThe platform runs.\n\n"
        f"  API and its documentation  {stack.urls['docs']}\n"
        f"  Temporal's UI              {stack.urls['temporal_ui']}\n"
        f"  Mails, as files            {stack.data / 'mail'}\n"
        f"  Data, logs                 {stack.data}\n\n"
        f"  Sign in with the password  {stack.keys.seed_password}  as\n{people}\n\n"
        "Ctrl-C stops it; what was done is kept."
    )


async def up() -> None:
    """Runs until a signal arrives; a second one ends it at once."""
    over = asyncio.Event()
    task = asyncio.current_task()
    assert task
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if over.is_set() or not started:
            task.cancel()
        over.set()

    started = False
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    print("Starting Postgres, Temporal, the object store, the API and the workers.", flush=True)
    async with Stack(data_folder(), say=lambda words: print(words, flush=True)) as stack:
        started = True
        print(welcome(stack), flush=True)
        await over.wait()
        print("\nStopping; running steps may take half a minute. Ctrl-C again kills it.", flush=True)
    print("Everything has stopped.", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    parser.add_argument("command", choices=["up"])
    parser.parse_args()
    try:
        asyncio.run(up())
    except (Conflict, Misconfigured, StartFailed) as error:
        sys.exit(error.message)
    except asyncio.CancelledError:
        sys.exit("Stopped before everything had started.")


if __name__ == "__main__":
    main()
