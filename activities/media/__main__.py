"""`python -m activities.media`: the engine without the platform."""

from __future__ import annotations

import sys

from activities.media.command.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
