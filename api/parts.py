"""What the API is made of. `workers/wiring.py` makes one from the settings; tests make their own."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio.client import Client

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
