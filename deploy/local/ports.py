"""The ports of the local stack, and whether they are taken."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Self

from schema.errors import Misconfigured

HOST = "127.0.0.1"
_FREE = range(20_000, 32_000)
"""Below the range for outgoing connections, one of which could take the port of a server that is restarting."""


@dataclass(frozen=True, slots=True)
class Ports:
    """One port per part; 0 is any free one. The variable is the field's name in capitals, such as `API_PORT`."""

    api_port: int = 8012
    storage_port: int = 8013
    postgres_port: int = 8014
    temporal_port: int = 7233
    temporal_ui_port: int = 8233

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The ports as the environment has them.

        Raises:
            Misconfigured: one is not a port.
        """
        chosen: dict[str, int] = {}
        for field in fields(cls):
            value = environment.get(field.name.upper())
            if value is None:
                continue
            if not value.isdecimal() or int(value) > 65_535:
                raise Misconfigured(
                    f"{field.name.upper()} must be a port (0 for any free one), not {value!r}."
                )
            chosen[field.name] = int(value)
        return cls(**chosen)

    @classmethod
    def free(cls) -> Self:
        """Any free port for each."""
        return cls(**{field.name: 0 for field in fields(cls)})

    def settle(self) -> Self:
        """Replaces each 0 with a free port.

        Raises:
            Misconfigured: naming every port that is taken and the variable that moves it.
        """
        settled: dict[str, int] = {}
        taken: list[str] = []
        held: list[socket.socket] = []  # until all are chosen, so that no two get the same
        try:
            for field in fields(self):
                try:
                    listener = _listener(getattr(self, field.name))
                except OSError as error:
                    taken.append(_taken(field.name, getattr(self, field.name), error))
                    continue
                held.append(listener)
                settled[field.name] = listener.getsockname()[1]
        finally:
            for listener in held:
                listener.close()
        if taken:
            raise Misconfigured(" ".join(taken))
        return replace(self, **settled)


def free_port() -> int:
    """A port that nobody listens on, outside the range for outgoing connections."""
    with _listener(0) as listener:
        port: int = listener.getsockname()[1]
        return port


def _listener(port: int) -> socket.socket:
    """A socket that holds `port`; 0 is any free one.

    Raises:
        OSError: it is taken, or must not be used.
    """
    if port == 0:
        for some in random.sample(_FREE, 100):
            with contextlib.suppress(OSError):
                return _listener(some)
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def _taken(name: str, port: int, error: OSError) -> str:
    part = name.removesuffix("_port").replace("_", " ")
    why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    return f"Port {port} for {part} {why}: set {name.upper()} to another one, or to 0 for any free one."
