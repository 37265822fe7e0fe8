"""One call of the command line: its command, its errors, its exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from activities.command import stop
from activities.command.arguments import Asked, read
from activities.command.bar import Bar
from activities.command.page import renew_pages
from activities.command.planned import make_plan, print_plan
from activities.command.probed import print_report
from activities.command.programme import examine_video
from activities.command.refusals import Refused, lines_of, need_file
from activities.command.rendered import render_all
from activities.media.cache import RangeCache
from schema.errors import PlatformError

REFUSED = 1
STOPPED = 128 + signal.SIGINT


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0, 1 where something is refused, 130 where it was stopped. Bad usage exits with 2."""
    asked = read(arguments)
    try:
        with Bar(quiet=asked.quiet) as bar:
            stop.run(_run(asked, bar))
        if sys.stdout is not None:  # as it is where the caller has closed it
            sys.stdout.flush()
    except Refused as error:
        return _refuse(error.lines)
    except BrokenPipeError:  # whoever read our output has enough of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (PlatformError, OSError) as error:
        return _refuse(lines_of(error))
    except KeyboardInterrupt:
        print("stopped: nothing half made is left behind.", file=sys.stderr)
        return STOPPED
    return 0


def _refuse(lines: Sequence[str]) -> int:
    for line in lines:
        print(f"error: {line}", file=sys.stderr)
    return REFUSED


async def _run(asked: Asked, bar: Bar) -> None:
    try:
        asked.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Refused(
            f"{asked.cache}: no folder for the cache ({error.strerror}). Choose another with --cache."
        ) from error
    cache = RangeCache(asked.cache)
    if asked.command == "probe":
        examined = await examine_video(asked, cache, bar)
        bar.clear()
        print_report(examined.report, asked)
    elif asked.command == "plan":
        planned = await make_plan(asked, cache, bar)
        bar.clear()
        print_plan(planned, asked)
    elif asked.command == "report" and asked.script is None:
        renew_pages(asked)
    else:
        if asked.dub:
            need_file(asked.dub)
        await render_all(asked, bar)
