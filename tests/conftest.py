"""Fixtures that every test may ask for."""

import gc
import signal

from hypothesis import settings

pytest_plugins = ["tests.stack", "tests.fakes.workers", "tests.media_corpus"]

# A shell that starts us in the background has us ignore Ctrl-C, and so would every program that a test stops with it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Property tests try the same examples in every run, and none fails on a measured time. `--hypothesis-profile others` looks
# for others.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("others", deadline=None, print_blob=True)
settings.load_profile("same")

# What is imported and collected stays to the end: to look for garbage among it takes a tenth of the time.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
