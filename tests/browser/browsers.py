"""Chromium and Firefox as one thing: a page that opens an address and runs a function in it.

Chromium is driven by Playwright, and Firefox, for which Playwright would need its own build, over WebDriver BiDi
(https://www.w3.org/TR/webdriver-bidi/), which Debian's speaks by itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest
from websockets.asyncio.client import ClientConnection, connect

BROWSERS = {"chromium": ("chromium", "chromium-browser"), "firefox": ("firefox-esr", "firefox")}
"""The programs of each, Debian's first; the first is the package's name too."""
_CHROMIUM = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
_FIREFOX = {
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "remote.prefs.recommended": True,
}
_ANSWER_S = 60


class Page(Protocol):
    async def open(self, url: str) -> None:
        """Go there, and wait until it has loaded."""

    async def run(self, function: str, *values: Any) -> Any:
        """Call a JavaScript function, also an async one; values and what it returns cross as JSON."""


def program(name: str) -> str:
    """The path of a browser; without one the test is skipped, and says what it lacks."""
    found = next(filter(None, map(shutil.which, BROWSERS[name])), None)
    if found is None:
        pytest.skip(f"{name} is not installed: Debian's package is {BROWSERS[name][0]}")
    return found


@asynccontextmanager
async def browser(name: str) -> AsyncIterator[Page]:
    """A new browser with a profile of its own."""
    path = program(name)
    async with _chromium(path) if name == "chromium" else _firefox(path) as page:
        yield page


class _PlaywrightPage:
    def __init__(self, page: Any) -> None:
        self._page = page

    async def open(self, url: str) -> None:
        await self._page.goto(url, wait_until="load")

    async def run(self, function: str, *values: Any) -> Any:
        answer = await self._page.evaluate(_called(function, values))
        return json.loads(answer)


@asynccontextmanager
async def _chromium(path: str) -> AsyncIterator[Page]:
    from playwright.async_api import async_playwright

    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=[*_CHROMIUM, *root])
        try:
            yield _PlaywrightPage(await running.new_page())
        finally:
            await running.close()


class _BiDiPage:
    """One connection; answers come in the order of the questions, events between them are of no interest."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._context = ""

    async def start(self) -> None:
        await self._ask("session.new", capabilities={})
        tree = await self._ask("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def open(self, url: str) -> None:
        await self._ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def run(self, function: str, *values: Any) -> Any:
        answer = await self._ask(
            "script.evaluate",
            expression=_called(function, values),
            target={"context": self._context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer.get("exceptionDetails", answer)
        return json.loads(answer["result"]["value"])

    async def _ask(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(_ANSWER_S):
            while (answer := json.loads(await self._socket.recv())).get("id") != number:
                pass
        assert answer["type"] == "success", answer
        return answer["result"]


@asynccontextmanager
async def _firefox(path: str) -> AsyncIterator[Page]:
    with tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True) as profile:
        settings = [f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in _FIREFOX.items()]
        Path(profile, "user.js").write_text("\n".join(settings))
        process = await asyncio.create_subprocess_exec(
            path,
            *("--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"HOME": profile},
        )
        assert process.stderr
        drain = None
        try:
            url = await _bidi_address(process.stderr)
            drain = asyncio.create_task(process.stderr.read())
            async with connect(f"{url}/session", max_size=None, proxy=None, open_timeout=60) as socket:
                page = _BiDiPage(socket)
                await page.start()
                yield page
        finally:
            if process.returncode is None:
                process.terminate()
            await (drain or process.stderr.read())
            await process.wait()


async def _bidi_address(stderr: asyncio.StreamReader) -> str:
    said = b""
    async with asyncio.timeout(_ANSWER_S):
        while line := await stderr.readline():
            said += line
            if found := re.search(rb"WebDriver BiDi listening on (ws://\S+)", line):
                return found[1].decode()
    raise AssertionError(f"Firefox did not start: {said.decode(errors='replace')}")


def _called(function: str, values: tuple[Any, ...]) -> str:
    """The call as an expression whose value is a promise of JSON."""
    arguments = ", ".join(json.dumps(value) for value in values)
    return f"Promise.resolve(({function})({arguments})).then((value) => JSON.stringify(value ?? null))"
