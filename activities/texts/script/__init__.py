"""Composes the script of the audio description from the observed scenes. Independent of providers."""
