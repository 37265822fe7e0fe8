"""A source is read for verification once, and anew where nothing tells that it is the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from activities.media.contract import RenderInput
from activities.media.render.render import render
from activities.media.verify.reading import Reading, read
from activities.media.verify.verify import verify
from activities.report.read_once import read_ahead, reader_of
from tests.activities.media.render_kit import make_plan
from tests.media_corpus import Corpus


def test_a_source_is_read_once_and_another_of_its_name_anew(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = RenderInput(
        corpus["h264_aac"], make_plan([(48_017, 40)], []), {}, tmp_path / "out.mp4", tmp_path / "cache"
    )
    result = render(asked)
    seen: list[Path] = []

    def watched(path: Path, *more: Any) -> Reading:
        seen.append(path)
        return read(path, *more)

    def look(at: RenderInput) -> None:
        verify(at, result, read_source=reader_of(at))

    monkeypatch.setattr("activities.report.read_once.read", watched)
    known = replace(asked, source_id="of its content")
    read_ahead(known.source, result.tracks, known.cache, known.source_id)
    look(known)
    look(known)
    assert seen == [asked.source]
    look(replace(known, source_id="of another"))
    look(asked)  # nothing tells which file it is
    assert seen == [asked.source] * 3
    for path in known.cache.glob("readings/*/*"):
        path.write_bytes(path.read_bytes()[:100])
    look(known)
    assert len(seen) == 4
