"""The demo through Google's own client libraries, to doubles of which a part of the calls fails."""

from __future__ import annotations

import io
import json
import urllib.request
from pathlib import Path

from rich.console import Console

from deploy.local.demo.options import Options, Platform
from deploy.local.demo.screen import Screen
from deploy.local.demo.show import Show
from deploy.local.google.doubles import Doubles
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from tests.deploy.demo.parts import DEMO_POOLS, END_AT_ONCE
from tests.deploy.demo.video import talking_video
from tests.stack import data_folder


async def test_a_video_comes_to_its_end_though_calls_fail(tmp_path: Path) -> None:
    video = talking_video(tmp_path / "Old museum.mp4")
    paper = io.StringIO()
    options = Options(video, video.stem, ("fr",), scripts=(), manual=False, out=tmp_path, keep=False)
    with data_folder("sim") as folder:
        async with Stack(
            folder / "data",
            ports=Ports.free(),
            pools=DEMO_POOLS,
            settings=END_AT_ONCE,
            durable=False,
            doubles=Doubles(0.2),
            say=lambda _: None,
        ) as stack:
            place = Platform(stack.urls["api"], stack.urls["temporal_ui"], stack.keys.seed_password)
            show = Show(options, place, Screen(Console(file=paper, width=200, highlight=False)))
            assert await show.run() == 0, paper.getvalue()
            with urllib.request.urlopen(f"{stack.urls['google']}/told") as answer:
                calls = " ".join(json.load(answer)["calls"])
    for task in ("gaps", "lines", "scenes", "stretches"):
        assert f"Gemini, {task}" in calls
    for service in ("Speech-to-Text", "Text-to-Speech"):
        assert service in calls
    made = tmp_path / video.stem
    for code in ("en", "fr"):
        assert (made / f"{code}.accessible_video.mp4").stat().st_size > 0
        assert "scene of" in (made / f"{code}.audio_description.vtt").read_text().replace(
            "scéné óf", "scene of"
        )
    captions = (made / "en.captions.vtt").read_text().lower()
    assert "museum" in captions and "[sound for 2 seconds]" in captions
