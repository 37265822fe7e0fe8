"""What the API is made of. `workers/wiring.py` makes one from the settings; tests make their own."""

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
    """Reads ID tokens; None where sign-in with Microsoft is not set up."""
