"""Reads the text in pictures with RapidOCR (PP-OCR models that its wheel ships). Runs in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from activities.media.probing.frames import Rgb, read_frames
from schema.contracts.media import Tracks
from schema.errors import ProviderFailed

LONGEST_SIDE = 960
"""Larger pictures take longer and are read no better."""
_SEARCHED_SIDE = 480
"""Text is looked for in a picture of this size, and read in the larger one: half the work, and the same text, down to
lines of 14 points of a height of 540."""
_BLOCK, _STILL = 6, 12.0
"""Two pictures are the same where no block of so many points a side is lighter or darker by so much (of 255)."""
_READABLE = regex.compile(r"[\p{Latin}\p{N}]")
_FOREIGN = regex.compile(r"[\p{L}--\p{Latin}]", regex.V1)
_SAME = 0.8
"""Two readings of one text in two pictures differ by at most so much."""
_SMALLEST = 0.022
"""Height of a line, of the picture's: smaller is a label in passing, not something to be read."""
_THREADS = 2

Blocks = NDArray[np.float32]


class TextLine(BaseModel):
    """One line of text in a picture. Lengths are parts of the picture's height, from its top left."""

    model_config = ConfigDict(frozen=True)

    text: str
    confidence: float
    left: float
    right: float
    top: float
    height: float

    @property
    def plain(self) -> str:
        """For comparing: letters and digits alone."""
        letters: str = regex.sub(r"[^\p{L}\p{N}]", "", self.text)
        return letters.lower()


def read_text(video: Path, times_ms: Sequence[int], tracks: Tracks | None = None) -> tuple[TextLine, ...]:
    """What can be read in the pictures at `times_ms`, in reading order, each text once. A picture that stands is read once.
    `tracks` are those of the media report.

    Raises:
        MediaRefused: the video cannot be read.
        ProviderFailed: RapidOCR's models are not there.
    """
    lines: list[TextLine] = []
    read: Blocks | None = None
    for _, picture in read_frames(video, times_ms, LONGEST_SIDE, tracks):
        blocks = _blocks(picture)
        if read is None or blocks.shape != read.shape or np.abs(blocks - read).max(initial=0) > _STILL:
            lines, read = _merge(lines, _lines_in(picture)), blocks
    return tuple(lines)


def _blocks(picture: Rgb) -> Blocks:
    """How light each is."""
    high, wide = (size // _BLOCK for size in picture.shape[:2])
    grey = picture[: high * _BLOCK, : wide * _BLOCK].mean(axis=2, dtype=np.float32)
    light: Blocks = grey.reshape(high, _BLOCK, wide, _BLOCK).mean(axis=(1, 3))
    return light


def _lines_in(picture: Rgb) -> list[TextLine]:
    """Lines of at least two letters or digits, in reading order."""
    found = _engine()(picture[:, :, ::-1])
    if found.txts is None:
        return []
    high = picture.shape[0]
    lines = []
    for text, score, box in zip(found.txts, found.scores, found.boxes, strict=True):
        top, height = float(box[:, 1].min()), float(box[:, 1].max() - box[:, 1].min())
        if height / high < _SMALLEST or len(_READABLE.findall(text)) < 2 or _FOREIGN.search(text):
            continue
        lines.append(
            TextLine(
                text=" ".join(text.split()),
                confidence=round(float(score), 3),
                left=round(float(box[:, 0].min()) / high, 3),
                right=round(float(box[:, 0].max()) / high, 3),
                top=round(top / high, 3),
                height=round(height / high, 3),
            )
        )
    return _in_reading_order(lines)


def _in_reading_order(lines: list[TextLine]) -> list[TextLine]:
    """Rows from the top, each from the left. Boxes that overlap by half their height stand in one row."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: (line.top, line.left)):
        if rows and line.top < rows[-1][0].top + rows[-1][0].height / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.left)]


def _merge(known: list[TextLine], new: list[TextLine]) -> list[TextLine]:
    """`known` with what `new` adds; of two readings of one text, the better one."""
    merged = list(known)
    for line in new:
        at = next((i for i, old in enumerate(merged) if _same_text(old, line)), None)
        if at is None:
            merged.append(line)
        elif _better(line, merged[at]):
            merged[at] = line
    return merged


def _better(new: TextLine, old: TextLine) -> bool:
    """The whole rather than a part; of two with the same letters the one with more spaces; else the surer one."""
    if new.plain == old.plain:
        return new.text.count(" ") > old.text.count(" ")
    if new.plain in old.plain or old.plain in new.plain:
        return len(new.plain) > len(old.plain)
    return new.confidence > old.confidence


def _same_text(a: TextLine, b: TextLine) -> bool:
    hidden = a.plain in b.plain or b.plain in a.plain  # something may stand before a part of it
    return hidden or SequenceMatcher(None, a.plain, b.plain, autojunk=False).ratio() >= _SAME


@cache
def _engine() -> Any:
    """The loaded models. Their paths are given, so that nothing is ever downloaded."""
    import rapidocr

    folder = Path(rapidocr.__file__).parent / "models"
    models = {kind: next(iter(sorted(folder.glob(f"*_{kind}_*.onnx"))), None) for kind in ("det", "rec")}
    if None in models.values():
        raise ProviderFailed(
            f"RapidOCR's models are not in {folder}: install rapidocr again.", retryable=False
        )
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,  # text that stands on its head is not read
            "Det.model_path": str(models["det"]),
            "Det.limit_type": "max",
            "Det.limit_side_len": _SEARCHED_SIDE,
            "Rec.model_path": str(models["rec"]),
            "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
        }
    )
