"""Reads the settings once per process. Errors are reported at start-up, by name."""

from __future__ import annotations

from functools import lru_cache

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from schema.errors import Misconfigured
from schema.provider_settings import ProviderSettings
from schema.setting_types import DatabaseUrl
from schema.settings import Settings


class _Database(BaseSettings):
    """The only setting that a migration needs."""

    model_config = ProviderSettings.model_config

    database_url: DatabaseUrl


def load(**overrides: object) -> Settings:
    """Read the settings.

    Raises:
        Misconfigured: naming every variable that is missing or wrong.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise _misconfigured(error) from None


def database_url() -> str:
    """Only the database URL, for a process that needs nothing else.

    Raises:
        Misconfigured: it is missing or wrong.
    """
    try:
        return _Database().database_url
    except ValidationError as error:
        raise _misconfigured(error) from None


def _misconfigured(error: ValidationError) -> Misconfigured:
    """The error without the values, some of which are secrets."""
    wrong = dict.fromkeys(
        f"{_named(item['loc'])}{item['msg'].removeprefix('Value error, ')}" for item in error.errors()
    )
    return Misconfigured("A setting is missing or wrong. " + "; ".join(wrong))


def _named(place: tuple[int | str, ...]) -> str:
    """The variable, and for a list the number of the wrong item."""
    if not place:
        return ""
    number = f"[{place[1]}]" if len(place) > 1 and isinstance(place[1], int) else ""
    return f"{str(place[0]).upper()}{number}: "


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once."""
    return load()
