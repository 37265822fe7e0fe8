"""The report beside a render: JSON, and the page that is made of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from activities.command.arguments import Asked
from activities.command.planned import Planned
from activities.command.refusals import Refused, naming
from activities.command.values import legible
from activities.media.cache import new_file
from activities.report.page import render_page
from activities.report.provenance import voice_provenance
from activities.texts.spoken import manifest_of
from schema.contracts.report import Provenance, QualityReport
from schema.vtt import Document, parse


def write_report(report: QualityReport, captions: Document | None, path: Path) -> list[Path]:
    """Write `report` to `path` and as a page beside it; `captions` are on the accessible video's timeline."""
    path.write_text(report.model_dump_json(indent=2), encoding="utf-8")
    page = path.with_suffix(".html")
    page.write_text(_page(report, captions), encoding="utf-8")
    return [path, page]


def _page(report: QualityReport, captions: Document | None) -> str:
    """Captions are in the language that is heard: nobody translates them here."""
    return render_page(report, captions.cues if captions else (), report.dialogue_language)


def renew_pages(asked: Asked) -> None:
    """Writes the pages of an earlier render again, from its stored output.

    Raises:
        Refused: there was none, or its report cannot be read.
    """
    folder = asked.video
    if not folder.is_dir():
        raise Refused(f"{folder}: there is no such folder. Of a video, `report` takes the descriptions too.")
    found = sorted({*folder.glob("report.*.json"), *folder.glob("*.report.*.json")})
    if not found:
        raise Refused(f"{folder}: there is no report.*.json in it, which `render` writes.")
    for path in found:
        with naming(path):
            report = QualityReport.model_validate_json(path.read_bytes())
        if not (folder / report.video).is_file():
            print(
                f"warning: {path}: {report.video} is not beside it, so the page plays nothing.",
                file=sys.stderr,
            )
        page = path.with_suffix(".html")
        text = _page(report, _captions_of(report, path))
        with new_file(folder, f".{page.name}-") as temporary:
            temporary.write_text(text, encoding="utf-8")
            temporary.chmod(0o644)
            temporary.replace(page)
        print(report.model_dump_json(indent=2) if asked.json else page)


def _captions_of(report: QualityReport, path: Path) -> Document | None:
    """The captions of the render that wrote `report`. Those of an older one may be in their place."""
    if not any(one.what == "captions" and not one.draft for one in report.provenance):
        return None
    before, *_ = path.name.rpartition("report.")
    captions = path.with_name(f"{before}captions.{report.dialogue_language}.vtt")
    with naming(captions):
        return parse(captions.read_bytes()).document if captions.is_file() else None


def sources_of(asked: Asked, planned: Planned) -> Iterator[Provenance]:
    """The origin of the texts and the voice."""
    for what, path in (("captions", asked.captions), ("audio_description", asked.script)):
        if path is not None:
            yield Provenance(
                what=what, provider=None, draft=False, sentence=f"Brought as {legible(path.name)}."
            )
    heard = planned.said.transcript
    if heard.draft and asked.captions is None:
        sentence = f"None were brought. What is said was heard by {heard.provider}, whose work is a draft."
        yield Provenance(what="captions", provider=heard.provider, draft=True, sentence=sentence)
    manifest = manifest_of(planned.plan, "", asked.language, planned.script, planned.clips.records)
    if asked.clips:
        sentence = f"Recordings, from {legible(asked.clips.name)}."
        yield Provenance(what="voice", provider=None, draft=False, sentence=sentence)
    elif spoken := voice_provenance(manifest):
        yield spoken
