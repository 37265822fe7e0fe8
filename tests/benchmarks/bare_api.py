"""The rival of `GET /jobs/{id}`: one FastAPI route that runs the same statements and answers the same body.

`python -m tests.benchmarks.bare_api PORT REPLAY`, served as `deploy.serve` serves ours. REPLAY is a pickled `Replay`.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import uvicorn
import uvloop
from fastapi import FastAPI

from schema.db import Database
from schema.settings import settings


@dataclass(frozen=True, slots=True)
class Replay:
    """SQL with its parameters, as the driver gets it, and the JSON that is answered."""

    statements: Sequence[tuple[str, tuple[Any, ...]]]
    body: dict[str, Any]


async def serve(port: int, replay: Replay) -> None:
    database = Database.connect(settings())
    app = FastAPI()

    @app.get("/health/live")
    async def live() -> None:
        return

    @app.get("/api/v1/jobs/{job_id}")
    async def get_job(job_id: UUID) -> dict[str, Any]:
        async with database.sessions() as session:
            connection = await session.connection()
            for statement, parameters in replay.statements:
                (await connection.exec_driver_sql(statement, parameters)).all()
        return replay.body

    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False)
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    from tests.benchmarks.bare_api import Replay  # as it was pickled

    with Path(sys.argv[2]).open("rb") as file:
        uvloop.run(serve(int(sys.argv[1]), pickle.load(file)))
