"""Converts sources that cannot be used as they are."""
