"""Sends an organisation's events to other systems."""
