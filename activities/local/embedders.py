"""Chooses this machine's embedder: the model if it is installed, otherwise hashed n-grams, which says so."""

from __future__ import annotations

import logging
from pathlib import Path

from activities.local.ngrams import NgramEmbedder
from activities.local.weights import E5, weights_folder
from activities.ports import Embedder

_log = logging.getLogger(__name__)


def local_embedder(weights: Path | None = None, threads: int = 0) -> Embedder:
    """`weights` is where set-up put the models (WEIGHTS)."""
    root = weights_folder(weights)
    if E5.are_in(root):
        from activities.local.e5 import E5Embedder

        return E5Embedder(root, threads)
    _log.warning(
        "multilingual-e5-small is not installed, so terms are found by pieces of their words (hashed n-grams): "
        "run `make weights`."
    )
    return NgramEmbedder()
