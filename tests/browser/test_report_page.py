"""The report's page in Chromium and Firefox, as it is opened from a folder of downloads: by mouse, and by keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio

from activities.report.build import build_report
from activities.report.page import render_page
from schema.contracts.report import QualityReport
from tests.activities.report.case import CAPTIONS, VIDEO, Case, make_case
from tests.browser.browsers import BROWSERS, Page, browser
from tests.browser.server import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_LOOKS = 300
"""Tenths of a second: a busy machine is slow to open a video."""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return make_case(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def report(case: Case) -> QualityReport:
    return build_report(case.reported())


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=sorted(BROWSERS))
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    async with browser(request.param) as page:
        yield page


@pytest.fixture
def folder(case: Case, report: QualityReport, tmp_path: Path) -> Path:
    """The page beside its video, as two downloads."""
    (tmp_path / VIDEO).write_bytes(case.done.path.read_bytes())
    (tmp_path / "report.html").write_text(render_page(report, CAPTIONS.cues), encoding="utf-8")
    return tmp_path


async def until(page: Page, condition: str) -> None:
    """Wait for a JavaScript expression to become true."""
    for _ in range(_LOOKS):
        if await page.run(f"() => Boolean({condition})"):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"never came true: {condition}")


async def show(page: Page, folder: Path) -> None:
    await page.open(f"file://{quote(str(folder / 'report.html'))}")


async def test_the_video_beside_it_plays_from_a_description(
    opened: Page, folder: Path, report: QualityReport
) -> None:
    await show(opened, folder)
    await until(opened, "video.readyState >= 1 && !video.error")
    assert await opened.run("() => document.getElementById('missing').hidden")
    assert await opened.run("() => video.textTracks[0].cues.length") == len(CAPTIONS.cues)
    cue = report.cues[1]
    await opened.run("() => { document.querySelector('#cues button[data-cue=\"2\"]').click(); }")
    await until(opened, f"!video.paused && video.currentTime > {cue.start_ms / 1000 + 0.2}")
    await until(opened, "document.querySelector('.clip[data-cue=\"2\"]').classList.contains('current')")
    assert "balcony" in await opened.run("() => document.getElementById('text').textContent")
    await until(opened, "!document.getElementById('held').hidden")
    await opened.run("() => video.pause()")
    at, share = await opened.run("() => [video.currentTime, parseFloat(cursor.style.left)]")
    assert share == pytest.approx(at * 100_000 / report.lengths.rendered_ms, abs=0.5)


async def test_it_stops_after_a_description_where_that_is_asked(
    opened: Page, folder: Path, report: QualityReport
) -> None:
    await show(opened, folder)
    await until(opened, "video.readyState >= 1")
    await opened.run("() => { document.getElementById('stop').checked = true; }")
    await opened.run("() => { document.querySelector('#cue-3 button').click(); }")
    await until(opened, "!video.paused")
    await until(opened, "video.paused")
    end = report.cues[2].end_ms / 1000
    assert await opened.run("() => video.currentTime") == pytest.approx(end, abs=0.4)


async def test_it_stops_after_each_description_that_is_played_to(
    opened: Page, folder: Path, report: QualityReport
) -> None:
    await show(opened, folder)
    await until(opened, "video.readyState >= 1")
    await opened.run("() => { document.getElementById('stop').checked = true; }")
    for cue in report.cues[:2]:
        before = cue.end_ms / 1000 - 0.6
        await opened.run("(at) => { video.currentTime = at; return video.play(); }", before)
        await until(opened, "video.paused")
        assert await opened.run("() => video.currentTime") == pytest.approx(cue.end_ms / 1000, abs=0.4)


async def test_the_timeline_is_one_stop_of_the_tab_key_and_arrows_go_along_it(
    opened: Page, folder: Path
) -> None:
    await show(opened, folder)
    stops = "() => [...document.querySelectorAll('.clip')].map((clip) => clip.tabIndex)"
    assert await opened.run(stops) == [0, -1, -1]
    press = """(key) => {
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      return document.activeElement.dataset.cue;
    }"""
    await opened.run("() => { document.querySelector('.clip').focus(); }")
    moves = [await opened.run(press, key) for key in ("ArrowRight", "End", "ArrowRight", "ArrowLeft", "Home")]
    assert moves == ["2", "3", "3", "2", "1"]
    assert await opened.run(stops) == [0, -1, -1]


async def test_without_the_video_it_says_what_to_open(opened: Page, folder: Path) -> None:
    (folder / VIDEO).unlink()
    await show(opened, folder)
    await until(opened, "!document.getElementById('missing').hidden")
    assert VIDEO in await opened.run("() => document.getElementById('missing').textContent")
    await opened.run("() => { document.querySelector('#cues button').click(); }")
    assert await opened.run("() => document.activeElement.id") == "file"
    await until(opened, "document.getElementById('live').textContent === 'Open the video first.'")


async def test_no_text_runs_as_script(opened: Page, folder: Path) -> None:
    await show(opened, folder)
    assert await opened.run("() => document.querySelectorAll('script').length") == 2
    assert await opened.run("() => document.querySelector('h1').textContent.includes('<b>old</b>')")


async def test_a_window_of_320_pixels_needs_no_scrolling_sideways(opened: Page, folder: Path) -> None:
    """WCAG 2.2, 1.4.10: only tables and the timeline may, each on its own."""
    (folder / "phone.html").write_text(
        '<iframe src="report.html" style="width: 320px; height: 600px"></iframe>'
    )
    with serving(folder) as address:
        await opened.open(f"{address}/phone.html")
        wide = await opened.run("() => frames[0].document.documentElement.scrollWidth")
    assert wide <= 320
