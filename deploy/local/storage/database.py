"""The store's SQLite database: its tables, and transactions over them."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (
  name TEXT PRIMARY KEY, properties TEXT NOT NULL, metageneration INTEGER NOT NULL,
  created TEXT NOT NULL, updated TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
  bucket TEXT NOT NULL REFERENCES buckets (name), name TEXT NOT NULL,
  file TEXT NOT NULL, size INTEGER NOT NULL, crc32c TEXT NOT NULL, md5 TEXT, components INTEGER,
  properties TEXT NOT NULL, generation INTEGER NOT NULL, metageneration INTEGER NOT NULL,
  created TEXT NOT NULL, updated TEXT NOT NULL,
  PRIMARY KEY (bucket, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS objects_file ON objects (file);
CREATE TABLE IF NOT EXISTS uploads (
  id TEXT PRIMARY KEY, bucket TEXT NOT NULL, name TEXT NOT NULL, file TEXT NOT NULL,
  properties TEXT NOT NULL, conditions TEXT NOT NULL, size INTEGER, origin TEXT,
  "offset" INTEGER NOT NULL, crc32c INTEGER NOT NULL, finished INTEGER, touched REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS uploads_file ON uploads (file);
"""


class Database:
    """One connection, safe to use from several threads. Every commit is synced, so that it outlives a power cut
    as well as a killed process."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
        )
        self._db.executescript(_SCHEMA)
        newest = self.row("SELECT coalesce(max(generation), 0) AS generation FROM objects")
        self._generation: int = newest["generation"] if newest else 0

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def next_generation(self) -> int:
        """Microseconds since the epoch, and always more than the last: call it inside a transaction."""
        self._generation = max(self._generation + 1, time.time_ns() // 1000)
        return self._generation

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def execute(self, sql: str, *values: Any) -> None:
        with self._lock:
            self._db.execute(sql, values)

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row, or None."""
        rows = self.rows(sql, *values)
        return rows[0] if rows else None
