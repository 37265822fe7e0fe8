"""`python -m deploy.local.demo [VIDEO]`: starts the platform unless it is running, and takes a video through it."""

from __future__ import annotations

import asyncio
import signal
import sys

import httpx

from deploy.local.__main__ import data_folder
from deploy.local.demo.client import Refused
from deploy.local.demo.live import SocketLost
from deploy.local.demo.options import Options, Platform, read
from deploy.local.demo.result import DownloadFailed
from deploy.local.demo.screen import Screen
from deploy.local.demo.show import Show
from deploy.local.demo.upload import UploadFailed
from deploy.local.google.doubles import Doubles
from deploy.local.keys import keys
from deploy.local.service import StartFailed
from deploy.local.stack import Stack, running
from schema.errors import Conflict, Misconfigured


async def demo(options: Options, screen: Screen) -> int:
    """Runs the demo and returns the exit code. Stops the platform if this process started it."""
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    data = data_folder()
    urls = running(data)
    if urls is not None:
        screen.say(f"The platform runs already: {urls['docs']}")
        if options.faults is not None and "google" not in urls:
            raise Conflict(
                "It runs without the doubles of Google's services. Stop it, and start the demo again."
            )
        return await _show(
            options, Platform(urls["api"], urls["temporal_ui"], keys(data).seed_password), screen
        )
    doubles = None if options.faults is None else Doubles(options.faults)
    screen.say("Starting Postgres, Temporal, the object store, the API and the workers.")
    async with Stack(data, doubles=doubles, say=screen.say) as stack:
        place = Platform(
            stack.urls["api"], stack.urls["temporal_ui"], stack.keys.seed_password, stays=options.keep
        )
        try:
            code = await _show(options, place, screen)
            if doubles is not None:
                await _tell_calls(doubles, screen)
            if options.keep:
                screen.say("\nThe platform runs until Ctrl-C.")
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            screen.say(
                "\nStopping the platform; running steps may take half a minute. Ctrl-C again kills it."
            )
            raise
        screen.say(
            "\nStopping the platform. `make up` starts it again with all that it has; KEEP=1 keeps it."
        )
    return code


async def _show(options: Options, platform: Platform, screen: Screen) -> int:
    try:
        return await Show(options, platform, screen).run()
    except Refused as refused:
        screen.wrong(f"Refused ({refused.status}): {refused.detail}")
        for each in refused.body.get("errors") or ():
            screen.aside(f"{each['field']}: {each['message']}")
    except (UploadFailed, DownloadFailed, SocketLost) as error:
        screen.wrong(str(error))
    except httpx.TransportError as error:
        screen.wrong(f"The API does not answer: {error!r}")
    return 1


async def _tell_calls(doubles: Doubles, screen: Screen) -> None:
    """Prints how often the doubles were called, and how often they failed."""
    async with httpx.AsyncClient() as http:
        told = (await http.get(f"{doubles.url}/told")).json()
    screen.head("What Google's services were asked for, simulated")
    for line in told["calls"]:
        screen.say(f"  {line}")


def main() -> None:
    options, screen = read(sys.argv[1:]), Screen()
    try:
        code = asyncio.run(demo(options, screen))
    except (Conflict, Misconfigured, StartFailed) as error:
        sys.exit(error.message)
    except (KeyboardInterrupt, asyncio.CancelledError):
        screen.say(
            "\nStopped. What was done is kept, and the job goes on wherever the platform runs: make up."
        )
        code = 130
    sys.stdout.flush()
    sys.exit(code)


if __name__ == "__main__":
    main()
