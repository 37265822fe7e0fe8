"""`accessible-video`, also `python -m activities.command`: the engine without the platform."""

from __future__ import annotations

import io
import sys

from activities.command import stop


def run() -> None:
    """The installed command."""
    stop.hold()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As stderr is: names that are no text, and terminals of few letters, end in no traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        from activities.command.main import main  # NumPy starts threads

        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    run()
