"""Who runs it: worker pools, and the one place where settings become adapters."""
