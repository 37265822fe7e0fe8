"""The vectors of a glossary version in memory, in bytes: what lies near to many lines is one product of integers.

Exact to a hundredth of a cosine, at a sixth of the time that an index in the database takes for as many questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from schema.queries.vectors import Found, padded
from schema.tables.glossaries import DIMENSIONS

if TYPE_CHECKING:
    import onnxruntime

_SENT = np.dtype([("head", ">u2", (2,)), ("numbers", ">f2", (DIMENSIONS,))])
"""A vector as `schema.queries.vectors.whole` reads it."""
_TERM_STEPS, _ASKED_STEPS, _MIDDLE = 63, 127, 128
"""A term's numbers are from -63 to 63 and a question's from 1 to 255: processors without VNNI add two products in 16
bits, which must hold them."""
_GROUP = 64
"""Terms of which only the nearest is looked at first. The nearest few of all lie in as many groups."""
_PRODUCT = (
    b'\x08\x08:\x85\x01\n/\n\x05asked\n\x05terms\n\x06middle\x12\x08products"\rMatMulInteger\x12\x01g*\r\x10\x02B\x06'
    b"middleJ\x01\x80Z\x13\n\x05asked\x12\n\n\x08\x08\x02\x12\x04\n\x00\n\x00Z\x13\n\x05terms\x12\n\n\x08\x08\x03\x12"
    b"\x04\n\x00\n\x00b\x16\n\x08products\x12\n\n\x08\x08\x06\x12\x04\n\x00\n\x00B\x04\n\x00\x10\r"
)
"""ONNX of one node: products = MatMulInteger(asked, terms, 128). numpy has no quick product of bytes."""


@dataclass(frozen=True, slots=True)
class VersionVectors:
    """A column a term, filled up to whole groups."""

    ids: Sequence[UUID]
    terms: NDArray[np.int8]
    steps: NDArray[np.float32]
    """How much one step of a term's numbers is, of a vector of length 1."""

    @property
    def size(self) -> int:
        """In bytes."""
        return self.terms.nbytes + self.steps.nbytes

    def nearest(self, asked: Sequence[Sequence[float]], *, each: int, nearness: float) -> list[Found]:
        """For each of `asked` the nearest terms, at most `each`, nearest first, whose cosine is `nearness` or more.
        CPU-bound: 40 ms for fifty among 50,000."""
        if not asked or not self.ids:
            return []
        vectors = _of_length_one(np.array([padded(vector) for vector in asked], np.float32))
        steps = np.abs(vectors).max(axis=1, keepdims=True) / _ASKED_STEPS
        bytes_ = (np.rint(_over(vectors, steps)) + _MIDDLE).astype(np.uint8)
        (products,) = _session().run(None, {"asked": bytes_, "terms": self.terms})
        cosines = products * self.steps
        cosines[:, len(self.ids) :] = -np.inf
        groups = cosines.reshape(len(asked), -1, _GROUP).max(axis=2)
        best = np.argsort(-groups, axis=1)[:, :each]
        columns = (best[:, :, None] * _GROUP + np.arange(_GROUP)).reshape(len(asked), -1)
        within = np.take_along_axis(cosines, columns, axis=1)
        order = np.argsort(-within, axis=1, kind="stable")[:, :each]
        found = []
        for at, row in enumerate(order):
            for place in row:
                cosine = float(within[at, place] * steps[at, 0])
                if np.isfinite(cosine) and cosine >= nearness:
                    found.append((at, self.ids[columns[at, place]], cosine))
        return found


class Gathering:
    """Takes pages of what the database sends, and makes a version's vectors of them."""

    def __init__(self, terms: int) -> None:
        columns = -(-terms // _GROUP) * _GROUP
        self._terms = terms
        self._ids: list[UUID] = []
        self._columns = np.zeros((DIMENSIONS, columns), np.int8)
        self._steps = np.zeros(columns, np.float32)

    def add(self, page: Sequence[tuple[UUID, bytes]]) -> None:
        """CPU-bound: some milliseconds for 500."""
        sent = np.frombuffer(b"".join(numbers for _, numbers in page), _SENT)
        vectors = _of_length_one(sent["numbers"].astype(np.float32))
        steps = np.abs(vectors).max(axis=1) / _TERM_STEPS
        place = slice(len(self._ids), len(self._ids) + len(page))
        self._columns[:, place] = np.rint(_over(vectors, steps[:, None])).T
        self._steps[place] = steps
        self._ids += [term for term, _ in page]

    def whole(self) -> VersionVectors | None:
        """None where some are missing: they are being made anew."""
        if len(self._ids) != self._terms:
            return None
        return VersionVectors(self._ids, self._columns, self._steps)


def _of_length_one(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """A row a vector; one that is all zeros stays so."""
    return _over(vectors, np.linalg.norm(vectors, axis=1, keepdims=True))


def _over(vectors: NDArray[np.float32], by: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.divide(vectors, by, out=np.zeros_like(vectors), where=by > 0)


@cache
def _session() -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(_PRODUCT, options, providers=["CPUExecutionProvider"])
