"""Pages of a listing, with a prefix and a delimiter that folds names into 'folders'."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local.storage.catalogue import Objects
from deploy.local.storage.errors import invalid
from deploy.local.storage.model import Object, whole_number

MAX_PAGE = 1000
_LAST = "\U0010ffff"
"""Sorts after every character: a prefix with it sorts after every name that the prefix begins."""


@dataclass(slots=True)
class Page:
    objects: list[Object] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    next_token: str | None = None


def list_page(objects: Objects, bucket: str, query: Mapping[str, str]) -> Page:
    """A page by name, from `pageToken` or `startOffset` on, up to but not including `endOffset`; objects and
    prefixes together are at most `maxResults`."""
    prefix, delimiter, end = query.get("prefix", ""), query.get("delimiter", ""), query.get("endOffset")
    limit = _limit(query.get("maxResults"))
    token = query.get("pageToken")
    start, including = (
        (_read_token(token), False) if token else (max(prefix, query.get("startOffset", "")), True)
    )
    page = Page()
    batch = 64 if delimiter else limit + 1
    while True:
        found = objects.names_from(bucket, start, including=including, limit=batch)
        for one in found:
            if not one.name.startswith(prefix) or (end is not None and one.name >= end):
                return page
            if len(page.objects) + len(page.prefixes) == limit:
                page.next_token = _token(start)
                return page
            folder = _folder(one.name, prefix, delimiter)
            if folder is None:
                page.objects.append(one)
                start = one.name
            else:
                page.prefixes.append(folder)
                start = folder + _LAST
                break  # the rest of the folder is skipped by asking again
        else:
            if len(found) < batch:
                return page
        including = False


def _folder(name: str, prefix: str, delimiter: str) -> str | None:
    """The part of a name up to the first delimiter after the prefix, or None where there is none."""
    at = name.find(delimiter, len(prefix)) if delimiter else -1
    return name[: at + len(delimiter)] if at >= 0 else None


def _limit(text: str | None) -> int:
    if text is None:
        return MAX_PAGE
    number = whole_number(text)
    if not number:
        raise invalid(f"maxResults must be a number from 1, not {text!r}.")
    return min(number, MAX_PAGE)


def _token(after: str) -> str:
    return base64.urlsafe_b64encode(after.encode()).decode("ascii")


def _read_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError as error:
        raise invalid("pageToken is not one that this service gave.") from error
