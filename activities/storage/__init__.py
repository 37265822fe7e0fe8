"""The adapter of the object store's port, `schema.object_store`."""

from activities.storage.google import GoogleStorage

__all__ = ["GoogleStorage"]
