"""`python -m schema.migrations upgrade [revision]`, `downgrade revision`, `current`, `revision -m "why"`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from schema.db import is_away
from schema.errors import PlatformError, in_full


def config(database_url: str | None = None) -> Config:
    """Alembic's configuration for `database_url`; absent, the setting's."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    if database_url:
        made.attributes["database_url"] = database_url
    return made


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m schema.migrations", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("upgrade").add_argument("revision", nargs="?", default="head")
    commands.add_parser("downgrade").add_argument("revision")
    commands.add_parser("current")
    revision = commands.add_parser("revision", help="write a migration from what the models say")
    revision.add_argument("-m", "--message", required=True)
    asked = parser.parse_args()
    try:
        _run(asked)
    except PlatformError as error:
        print(in_full(error), file=sys.stderr)
    except CommandError as error:  # such as a revision of a newer image
        print(error, file=sys.stderr)
    except DBAPIError as error:
        if not is_away(error):
            raise
        print(f"The database does not answer. ({error.orig})", file=sys.stderr)
    else:
        return 0
    return 1


def _run(asked: argparse.Namespace) -> None:
    if asked.command == "upgrade":
        command.upgrade(config(), asked.revision)
    elif asked.command == "downgrade":
        command.downgrade(config(), asked.revision)
    elif asked.command == "current":
        command.current(config(), verbose=True)
    else:
        command.revision(config(), message=asked.message, autogenerate=True)


if __name__ == "__main__":
    raise SystemExit(main())
