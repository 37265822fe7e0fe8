"""Takes the pictures of README.md from the platform that `make demo KEEP=1` left running: `make pictures`.

They show the report page of the demo's video, and its job in Temporal's UI. Needs the system's Chromium.
"""

from __future__ import annotations

import asyncio
import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright
from temporalio.client import Client

from deploy.local.__main__ import data_folder
from deploy.local.demo.options import SAMPLE_TITLE
from deploy.local.demo.result import folder_for
from deploy.local.stack import running
from workflows.names import JOB_WORKFLOW

HERE = Path(__file__).parent
_SIZE = {"width": 1280, "height": 900}
_COLOURS = 128
_SETTLES_MS = 8_000
"""The UI fills its page some time after it has loaded."""
_SHOWN_S = 33.5
"""A moment of the sample video at which the picture is held for a description."""
_SEEK = "at => document.querySelectorAll('video').forEach(each => { each.currentTime = at })"


async def take() -> None:
    urls = running(data_folder())
    if urls is None:
        sys.exit("The platform does not run here. Start it with `make demo KEEP=1`, and run this beside it.")
    report = folder_for(Path("out"), SAMPLE_TITLE) / "en.report.html"
    if not report.is_file():
        sys.exit(f"There is no {report}. Run `make demo KEEP=1` without a video of yours.")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Chromium is missing: install the package chromium.")
    job = await _newest_job(urls["temporal"])
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=chromium, chromium_sandbox=False)
        await _picture(browser, report.resolve().as_uri(), HERE / "report.png")
        await _picture(browser, f"{urls['temporal_ui']}/namespaces/default/workflows/{job}", HERE / "job.png")
        await browser.close()


async def _newest_job(address: str) -> str:
    client = await Client.connect(address)
    async for found in client.list_workflows(f'WorkflowType = "{JOB_WORKFLOW}"', limit=1):
        return found.id
    sys.exit("Temporal knows no job. Run `make demo KEEP=1` first.")


async def _picture(browser: Browser, url: str, path: Path) -> None:
    page: Page = await browser.new_page(viewport=_SIZE)  # type: ignore[arg-type]
    await page.goto(url)
    await page.evaluate(_SEEK, _SHOWN_S)
    await page.wait_for_timeout(_SETTLES_MS)
    if (timeline := page.get_by_role("heading", name="Timeline")) and await timeline.count():
        await timeline.first.evaluate("each => each.scrollIntoView()")
        await page.wait_for_timeout(_SETTLES_MS)
    taken = Image.open(io.BytesIO(await page.screenshot()))
    taken.convert("RGB").quantize(_COLOURS).save(path, optimize=True)
    print(path)


if __name__ == "__main__":
    asyncio.run(take())
