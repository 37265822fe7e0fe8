"""`python -m activities.media`: the engine without the platform."""

from __future__ import annotations

import io
import sys

from activities.media.command import stop

if __name__ == "__main__":
    stop.hold()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As stderr is: names that are no text, and terminals of few letters, end in no traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        from activities.media.command.main import main  # NumPy starts threads

        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
