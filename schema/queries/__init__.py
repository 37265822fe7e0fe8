"""Queries: rows that a principal can see, and compare-and-set updates."""
