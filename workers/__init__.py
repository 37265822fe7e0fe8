"""Worker pools, and the one place where settings become adapters."""
