"""`python -m activities.media`: the engine without the platform."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    try:
        from activities.media.command.main import (
            main,
        )  # takes half a second, in which one may think better of it

        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
