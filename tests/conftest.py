"""Fixtures that every test may ask for."""

import gc
import os
import signal
import tempfile

from hypothesis import settings
from hypothesis.internal.conjecture import providers

# Tests of plans, steps and the platform speak with espeak-ng and listen with pocketsphinx, whatever set-up has obtained:
# they are quick, and the same everywhere. Those of the models themselves ask for `installed_weights`.
os.environ.setdefault("INSTALLED_WEIGHTS", os.environ.get("WEIGHTS", ""))
os.environ["WEIGHTS"] = f"{tempfile.gettempdir()}/accessible-video-no-weights"

pytest_plugins = ["tests.stack", "tests.fakes.workers", "tests.media_corpus"]

# A shell that starts us in the background has us ignore Ctrl-C, and so would every program that a test stops with it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Property tests try the same examples in every run, and none fails on a measured time. `--hypothesis-profile others` looks
# for others.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("others", deadline=None, print_blob=True)
settings.load_profile("same")
# Hypothesis also tries the numbers and words of our modules that are imported by then, which hangs on the files that were
# run before.
setattr(providers, "_get_local_constants", lambda found=providers._local_constants: found)

# What is imported and collected stays to the end: to look for garbage among it takes a tenth of the time.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
