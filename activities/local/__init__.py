"""Providers for a machine without a cloud account. They do real work, and mark it as drafts."""
