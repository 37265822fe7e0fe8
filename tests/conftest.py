"""Fixtures that every test may ask for."""

import signal

pytest_plugins = ["tests.stack", "tests.fakes.workers", "tests.media_corpus"]

# A shell that starts us in the background has us ignore Ctrl-C, and so would every program that a test stops with it.
signal.signal(signal.SIGINT, signal.default_int_handler)
