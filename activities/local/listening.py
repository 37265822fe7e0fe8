"""Chooses this machine's recogniser: Whisper if it is installed, otherwise pocketsphinx, which says so."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

from activities.local.weights import WHISPER, weights_folder
from activities.ports import SpeechDetector, SpeechRecognizer
from schema.errors import Misconfigured

_log = logging.getLogger(__name__)


def local_recognizer(
    detector: SpeechDetector, *, folder: Path | None = None, weights: Path | None = None, threads: int = 0
) -> SpeechRecognizer:
    """`folder` is a model of somebody's own (WHISPER_MODEL), which wins over the one in `weights` (WEIGHTS).

    Raises:
        Misconfigured: a folder is named, and holds no model, or nothing here can load it; or nothing is installed.
    """
    can_load = importlib.util.find_spec("faster_whisper") is not None
    if folder is not None and not can_load:
        raise Misconfigured("WHISPER_MODEL is set, and faster-whisper is not installed: run `make weights`.")
    root = weights_folder(weights)
    aligns = importlib.util.find_spec("pocketsphinx") is not None
    if folder is not None or (can_load and WHISPER.are_in(root)):
        from activities.local.whisper import WhisperRecognizer

        if not aligns:
            _log.warning("pocketsphinx is not installed, so words are timed to a quarter of a second.")
        return WhisperRecognizer(detector, folder=folder, root=root, threads=threads)
    if not aligns:
        raise Misconfigured(
            "Neither Whisper nor pocketsphinx is installed: run `make weights`, or set TRANSCRIBE_PROVIDER to google."
        )
    from activities.local.recognizer import PocketsphinxRecognizer

    _log.warning("Whisper is not installed, so pocketsphinx transcribes, English alone: run `make weights`.")
    return PocketsphinxRecognizer(threads, instead_of="Whisper")
