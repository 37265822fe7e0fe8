"""Cursors: the keys of a page's last row. They come back from clients, and are validated."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from schema.contracts.bounds import in_utc


def cursor_of(*values: object) -> str:
    """The keys of a row, in order, as a cursor."""
    plain = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode()


def parts_of(cursor: str, number: int) -> list[str]:
    """Decodes as many texts as `cursor_of` was given values.

    Raises:
        ValueError: it is not such a cursor.
    """
    try:
        parts = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, RecursionError) as error:
        raise ValueError(str(error)) from None
    if (
        not isinstance(parts, list)
        or len(parts) != number
        or not all(isinstance(each, str) for each in parts)
    ):
        raise ValueError("parts")
    return parts


def values_of(parts: Sequence[str], kinds: Sequence[Any]) -> list[Any]:
    """Converts to values that can be compared with columns of these types.

    Raises:
        ValueError: one cannot be converted.
    """
    return [_value(part, kind) for part, kind in zip(parts, kinds, strict=True)]


def _value(part: str, kind: Any) -> Any:
    if isinstance(kind, sa.DateTime):
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return in_utc(moment)
    if isinstance(kind, sa.Uuid):
        return UUID(part)
    if isinstance(kind, sa.Integer):
        number, bits = int(part), 63 if isinstance(kind, sa.BigInteger) else 31
        if not -(2**bits) <= number < 2**bits:
            raise ValueError("range")
        return number
    if "\0" in part:
        raise ValueError("U+0000")
    part.encode()  # half of a surrogate pair is no text
    return part
