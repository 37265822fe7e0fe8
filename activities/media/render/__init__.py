"""The accessible video."""
