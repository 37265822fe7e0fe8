"""Temporal's dev server as the local stack runs it: state in SQLite, typed search attributes, fair queues."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from temporalio.client import Client

from deploy.local.service import Service
from workflows import names

SEARCH_ATTRIBUTES = {key.name: key.indexed_value_type.name.capitalize() for key in names.SEARCH_ATTRIBUTES}
"""SQL visibility holds 10 keywords and 3 of each other type in a namespace."""
_PRAGMAS = {"journal_mode": "wal", "synchronous": "normal", "cache_size": "-65536"}
"""KiB, as a negative number. With the default of 2 MB, pages are read again and again."""
_NOT_DURABLE = {"synchronous": "off"}
_POLLS_PER_SECOND = "1000"
"""Rate of each of the server's internal queues. The default of 20 is per shard: a cluster has hundreds of shards and
the dev server one, so every activity would wait a tenth of a second."""
_DYNAMIC_CONFIG = {
    "matching.enableFairness": "true",  # one organisation's backlog does not delay another's
    "system.enableActivityEagerExecution": "true",  # a worker with a free slot gets its next step at once
    **{
        f"history.{queue}ProcessorMaxPollRPS": _POLLS_PER_SECOND
        for queue in ("transfer", "timer", "visibility", "outbound")
    },
}


def forget_half_made(state: Path) -> None:
    """Removes a file whose first start ended before there was a namespace. It is empty, and the server, which only
    creates tables in a new file, would never start on it."""
    if not state.exists():
        return
    try:
        with closing(sqlite3.connect(state)) as database:
            if database.execute("select 1 from namespaces where name = 'default'").fetchone():
                return
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            return
    for file in (state, *(state.with_name(state.name + end) for end in ("-wal", "-shm"))):
        file.unlink(missing_ok=True)


def temporal_service(
    binary: Path, state: Path, *, port: int, ui_port: int | None, durable: bool = True
) -> Service:
    """The server with its Web UI (none without `ui_port`); `state` is its SQLite file.

    `durable` is off in tests: commits survive a kill of the server, but not of the machine.

    The first start of a freshly built binary takes several seconds.
    """
    pragmas = _PRAGMAS | ({} if durable else _NOT_DURABLE)
    flags = [
        *(part for item in pragmas.items() for part in ("--sqlite-pragma", "=".join(item))),
        *(part for item in _DYNAMIC_CONFIG.items() for part in ("--dynamic-config-value", "=".join(item))),
        *(part for item in SEARCH_ATTRIBUTES.items() for part in ("--search-attribute", "=".join(item))),
        *(("--ui-port", str(ui_port)) if ui_port else ("--headless",)),
    ]

    async def answers() -> None:
        client = await Client.connect(f"127.0.0.1:{port}", namespace="default")
        await client.count_workflows("OrgId = 'none'")  # the attributes exist

    return Service(
        "temporal",
        (
            *(str(binary.absolute()), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port)),
            *("--db-filename", state.name, "--log-level", "warn", *flags),
        ),
        cwd=state.parent,  # by its name alone: the server reads ?, # and % of a path as parts of a URL
        ready=answers,
        before=partial(forget_half_made, state),
    )
