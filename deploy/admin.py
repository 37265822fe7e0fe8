"""Creates the first admin of an installation: `python -m deploy.admin create EMAIL`.

The password is asked for, or read from the file that `--password-file` names (`-` is standard input), or from the
variable ADMIN_PASSWORD: never from an argument, which every process on the machine can read.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError
from sqlmodel import col

from api.passwords import Passwords, check_new
from schema.contracts.bounds import one_address
from schema.db import Database
from schema.enums import Role
from schema.errors import Conflict, Invalid, Misconfigured, PlatformError, in_full
from schema.load_settings import settings
from schema.queries import audit, users
from schema.tables import User

_LOCK = 0x61646D696E
"""A Postgres advisory lock for the transaction, so that two people who create the first admin at once do so one after
the other."""

_NOT_THERE = ("42P01", "42703")
"""SQLSTATE of a table or column that a pending migration would create."""


async def create(database: Database, email: str, name: str, password: str, *, another: bool = False) -> User:
    """Creates an admin.

    Raises:
        Conflict: there is an admin already and `another` is not set, or the address is taken.
        Invalid: the address is invalid, or the password is too easy to guess.
    """
    account = one_address(email.strip()).lower()
    if account.count("@") != 1 or account.startswith("@") or account.endswith("@") or " " in account:
        raise Invalid(f"{email} is no e-mail address.")
    check_new(password, (account, name))
    hashed = await Passwords().hash(password)
    async with database.begin() as session:
        await session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        active = col(User.deleted_at).is_(None) & col(User.disabled_at).is_(None)
        first = await session.scalar(sa.select(User).where(col(User.role) == Role.ADMIN, active).limit(1))
        if first is not None and not another:
            raise Conflict(f"There is an admin already, {first.email}. To make one more, add --another.")
        if await users.by_email(session, account) is not None:
            raise Conflict(f"Somebody has the address {account} already.")
        user = User(email=account, name=name.strip() or account, role=Role.ADMIN, password_hash=hashed)
        session.add(user)
        await audit.record(
            session,
            actor_id=None,
            action="user.created",
            thing="user",
            thing_id=user.id,
            address=None,
            after={"email": account, "role": Role.ADMIN.value, "by": "deploy.admin"},
            security=True,
        )
    return user


def read_password(file: str | None) -> str:
    """Reads the password from the place that the command line names.

    Raises:
        Invalid: there is no password, or the two that were typed differ.
    """
    if file == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if file is not None:
        try:
            return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise Invalid(f"{file} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError:
            raise Invalid(f"{file} is no text in UTF-8.") from None
    if given := os.environ.get("ADMIN_PASSWORD"):
        return given
    if not sys.stdin.isatty():
        raise Invalid("Nobody can be asked for a password here: use --password-file or ADMIN_PASSWORD.")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise Invalid("The two passwords differ.")
    return password


async def _run(asked: argparse.Namespace, password: str) -> None:
    database = Database.connect(settings())
    try:
        user = await create(database, asked.email, asked.name, password, another=asked.another)
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) not in _NOT_THERE:
            raise
        raise Misconfigured(
            "The database is not migrated: run `python -m schema.migrations upgrade` first."
        ) from None
    finally:
        await database.close()
    print(f"{user.email} is an admin, and may sign in.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.admin", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    made = commands.add_parser("create", help="make the first admin")
    made.add_argument("email")
    made.add_argument("--name", default="", help="what others read; absent: the address")
    made.add_argument(
        "--password-file", metavar="FILE", help="read the password from its first line; -: standard input"
    )
    made.add_argument("--another", action="store_true", help="though there is an admin already")
    asked = parser.parse_args()
    try:
        asyncio.run(_run(asked, read_password(asked.password_file)))
    except PlatformError as error:
        print(in_full(error), file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
