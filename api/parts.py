"""The parts that the API is made of. `workers/wiring.py` builds them from the settings; tests build their own."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio.client import Client

from api.microsoft import Microsoft
from schema.contracts.providers import ProviderCatalog
from schema.db import Database
from schema.object_store import ObjectStore
from schema.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """The adapters that every request shares."""

    settings: Settings
    database: Database
    temporal: Client
    store: ObjectStore
    providers: ProviderCatalog
    microsoft: Microsoft | None = None
    """Verifies ID tokens; None if Microsoft sign-in is not configured."""
