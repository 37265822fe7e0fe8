"""Examines sources."""
