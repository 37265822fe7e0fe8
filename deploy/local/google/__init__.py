"""Doubles of Google's AI services, which speak their protocols: Google's own client libraries are pointed at them in
tests, and by `make demo PROVIDER=google-sim`."""
