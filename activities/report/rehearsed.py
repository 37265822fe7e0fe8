"""The rehearsal of a source before people work on it, including the independent verification."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from activities.media.contract import RenderInput
from activities.media.files.choice import tracks_of
from activities.media.render.rehearse import rehearse
from activities.media.render.render import render
from activities.media.verify.verify import verify
from activities.report.read_once import read_ahead, reader_of
from schema.contracts.media import MediaReport


def rehearse_seen(
    path: Path,
    report: MediaReport,
    folder: Path,
    cache: Path,
    known: str | None,
    *,
    constant_frame_rate: bool = False,
) -> MediaReport:
    """As `rehearse`, in `folder`; and a verifier would not refuse a render afterwards. What is made and read of the
    source for that stays in `cache`, the renders' own, for those to come; `known` is a hash of its content.

    Raises:
        MediaRefused: no render can be made of it, and why.
    """
    read_ahead(path, tracks_of(report), cache, known)
    look = partial(_look, cache, known)
    return rehearse(path, report, folder, look, constant_frame_rate=constant_frame_rate)


def _look(cache: Path, known: str | None, asked: RenderInput) -> None:
    whole = replace(asked, cache=cache, source_id=known)
    verify(whole, render(whole), read_source=reader_of(whole))
