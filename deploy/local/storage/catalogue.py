"""The catalogue: which object is which file. A commit is the moment at which an object appears."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import replace

from deploy.local.storage.database import Database
from deploy.local.storage.errors import StorageError, no_bucket, no_object
from deploy.local.storage.model import Bucket, Conditions, Content, Object, Properties, Upload, now


class Buckets:
    def __init__(self, database: Database) -> None:
        self._db = database

    def create(self, name: str, properties: Properties) -> Bucket:
        moment = now()
        with self._db.transaction():
            if self._db.row("SELECT 1 FROM buckets WHERE name = ?", name):
                raise StorageError(409, "conflict", f"You already own this bucket: {name}")
            self._db.execute(
                "INSERT INTO buckets VALUES (?, ?, 1, ?, ?)", name, json.dumps(properties), moment, moment
            )
        return Bucket(name, properties, 1, moment, moment)

    def get(self, name: str) -> Bucket:
        row = self._db.row("SELECT * FROM buckets WHERE name = ?", name)
        if row is None:
            raise no_bucket(name)
        return _bucket(row)

    def list(self, prefix: str = "") -> list[Bucket]:
        sql = "SELECT * FROM buckets WHERE substr(name, 1, ?) = ? ORDER BY name"
        return [_bucket(row) for row in self._db.rows(sql, len(prefix), prefix)]

    def patch(self, name: str, properties: Properties) -> Bucket:
        with self._db.transaction():
            old = self.get(name)
            new = replace(old, properties=properties, metageneration=old.metageneration + 1, updated=now())
            self._db.execute(
                "UPDATE buckets SET properties = ?, metageneration = ?, updated = ? WHERE name = ?",
                json.dumps(properties), new.metageneration, new.updated, name,
            )  # fmt: skip
        return new

    def delete(self, name: str) -> None:
        with self._db.transaction():
            self.get(name)
            if self._db.row("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", name):
                raise StorageError(409, "conflict", "The bucket you tried to delete is not empty.")
            self._db.execute("DELETE FROM buckets WHERE name = ?", name)


class Objects:
    def __init__(self, database: Database) -> None:
        self._db = database
        self._buckets = Buckets(database)

    def find(self, bucket: str, name: str) -> Object | None:
        """404 where there is no such bucket."""
        row = self._db.row("SELECT * FROM objects WHERE bucket = ? AND name = ?", bucket, name)
        if row is None:
            self._buckets.get(bucket)
            return None
        return _object(row)

    def get(self, bucket: str, name: str) -> Object:
        found = self.find(bucket, name)
        if found is None:
            raise no_object(bucket, name)
        return found

    def names_from(self, bucket: str, start: str, *, including: bool, limit: int) -> list[Object]:
        """At most `limit` objects by name (in the order of their UTF-8), from `start` on."""
        self._buckets.get(bucket)
        sign = ">=" if including else ">"
        sql = f"SELECT * FROM objects WHERE bucket = ? AND name {sign} ? ORDER BY name LIMIT ?"  # noqa: S608
        return [_object(row) for row in self._db.rows(sql, bucket, start, limit)]

    def put(
        self,
        bucket: str,
        name: str,
        content: Content,
        properties: Properties,
        conditions: Conditions,
        upload: str | None = None,
    ) -> tuple[Object, Object | None]:
        """Makes the object appear; answers it and the one it replaced. `upload` is the session that it finishes;
        one that is finished already makes nothing more, and answers what came of it."""
        with self._db.transaction():
            old = self.find(bucket, name)
            if upload is not None and self._db.row(
                "SELECT 1 FROM uploads WHERE id = ? AND finished > 0", upload
            ):
                return self.get(bucket, name), None
            conditions.check(old)
            made = self._insert(bucket, name, content, properties)
            if upload is not None:
                self._db.execute("UPDATE uploads SET finished = ? WHERE id = ?", made.generation, upload)
        return made, old

    def copy(
        self, source: Object, bucket: str, name: str, properties: Properties, conditions: Conditions
    ) -> tuple[Object, Object | None]:
        """A second object with the same file; answers as `put`. The source must still be what it was."""
        with self._db.transaction():
            if self.get(source.bucket, source.name).generation != source.generation:
                raise no_object(source.bucket, source.name)
            old = self.find(bucket, name)
            conditions.check(old)
            return self._insert(bucket, name, source.content, properties), old

    def _insert(self, bucket: str, name: str, content: Content, properties: Properties) -> Object:
        moment = now()
        made = Object(bucket, name, content, properties, self._db.next_generation(), 1, moment, moment)
        self._db.execute(
            "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)",
            bucket, name, content.file, content.size, content.crc32c, content.md5, content.components,
            json.dumps(properties), made.generation, moment, moment,
        )  # fmt: skip
        return made

    def patch(self, bucket: str, name: str, properties: Properties, conditions: Conditions) -> Object:
        with self._db.transaction():
            old = self.get(bucket, name)
            conditions.check(old)
            new = replace(old, properties=properties, metageneration=old.metageneration + 1, updated=now())
            self._db.execute(
                "UPDATE objects SET properties = ?, metageneration = ?, updated = ? WHERE bucket = ? AND name = ?",
                json.dumps(properties), new.metageneration, new.updated, bucket, name,
            )  # fmt: skip
        return new

    def delete(self, bucket: str, name: str, conditions: Conditions) -> Object:
        with self._db.transaction():
            old = self.get(bucket, name)
            conditions.check(old)
            self._db.execute("DELETE FROM objects WHERE bucket = ? AND name = ?", bucket, name)
        return old

    def needs(self, file: str) -> bool:
        """Whether an object or an unfinished upload still needs a file."""
        sql = "SELECT 1 FROM objects WHERE file = ?1 UNION ALL SELECT 1 FROM uploads WHERE file = ?1 AND finished IS NULL"
        return self._db.row(sql, file) is not None


class Uploads:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, upload: Upload) -> None:
        self._db.execute(
            "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, NULL, ?)",
            upload.id, upload.bucket, upload.name, upload.file, json.dumps(upload.properties),
            json.dumps(upload.conditions.values), upload.size, upload.origin, time.time(),
        )  # fmt: skip

    def find(self, upload_id: str) -> Upload | None:
        row = self._db.row("SELECT * FROM uploads WHERE id = ?", upload_id)
        if row is None:
            return None
        fields = {key: row[key] for key in row.keys() if key != "touched"}  # noqa: SIM118
        fields["properties"] = json.loads(row["properties"])
        fields["conditions"] = Conditions(json.loads(row["conditions"]))
        return Upload(**fields)

    def checkpoint(self, upload_id: str, offset: int, crc32c: int) -> None:
        """Remembers that `offset` bytes are on disk."""
        self._db.execute(
            'UPDATE uploads SET "offset" = ?, crc32c = ?, touched = ? WHERE id = ?',
            offset, crc32c, time.time(), upload_id,
        )  # fmt: skip

    def drop(self, upload_id: str) -> None:
        self._db.execute("DELETE FROM uploads WHERE id = ?", upload_id)

    def drop_older(self, age_s: float) -> None:
        """Forgets sessions to which nothing has been sent for `age_s` seconds."""
        self._db.execute("DELETE FROM uploads WHERE touched < ?", time.time() - age_s)


def _bucket(row: sqlite3.Row) -> Bucket:
    return Bucket(
        row["name"], json.loads(row["properties"]), row["metageneration"], row["created"], row["updated"]
    )


def _object(row: sqlite3.Row) -> Object:
    content = Content(row["file"], row["size"], row["crc32c"], row["md5"], row["components"])
    return Object(
        row["bucket"], row["name"], content, json.loads(row["properties"]), row["generation"],
        row["metageneration"], row["created"], row["updated"],
    )  # fmt: skip
