"""The first start of Postgres, which makes its data folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.local.ports import Ports
from deploy.local.postgres import Postgres
from deploy.local.service import StartFailed
from deploy.local.supervisor import Supervisor
from tests.stack import PASSWORD, data_folder

ROOT = Path(__file__).resolve().parents[2]


async def test_a_first_start_that_was_killed_does_not_hinder_the_next() -> None:
    with data_folder("postgres") as folder:
        source = (
            "from pathlib import Path; from deploy.local.postgres import Postgres; "
            f"Postgres(Path({str(folder / 'postgres')!r}), port=1, password='x').prepare()"
        )
        process = subprocess.Popen([sys.executable, "-c", source], cwd=ROOT, start_new_session=True)
        while process.poll() is None and not list(folder.glob("*/PG_VERSION")):
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it was quicker than we"
        port = Ports.free().settle().postgres_port
        server = Postgres(folder / "postgres", port=port, password=PASSWORD, durable=False)
        server.prepare()
        supervisor = Supervisor(folder / "logs")
        try:
            await supervisor.start(server.service())
        finally:
            await supervisor.stop()
        assert {path.name for path in folder.iterdir()} == {"postgres", "logs"}


def test_what_is_in_the_way_of_the_data_is_left_alone_and_named() -> None:
    with data_folder("postgres") as folder:
        (folder / "postgres").mkdir()
        (folder / "postgres" / "letters").touch()
        with pytest.raises(StartFailed, match=r"postgres is in the way"):
            Postgres(folder / "postgres", port=1, password=PASSWORD).prepare()
        assert (folder / "postgres" / "letters").exists()
