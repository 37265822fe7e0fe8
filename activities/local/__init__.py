"""Providers for a machine with no cloud account: real work, and honest about being a draft."""
