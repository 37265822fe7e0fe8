"""Doubles of Google's AI services that speak their protocols. Tests and `make demo PROVIDER=google-sim` point Google's
own client libraries at them."""
