"""`python -m activities.media`: the engine without the platform."""

from __future__ import annotations

import io
import sys

if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # as stderr: no name and no terminal ends in a traceback
    try:
        # takes half a second, in which one may think better of it
        from activities.media.command.main import main

        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
