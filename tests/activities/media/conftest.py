"""Real media for every test of the engine, made once a session."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.activities.media.render_kit import pure_tones
from tests.media_factory import X264_CLOSED, Audio, Spec, make_video


@pytest.fixture(scope="session")
def twelve_seconds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough for 50 pauses, at a rate whose frames are no whole number of anything."""
    spec = Spec(
        seconds=12,
        rate=Fraction(30000, 1001),
        options=dict(X264_CLOSED),
        audio=(Audio(sound=pure_tones),),
    )
    return make_video(tmp_path_factory.mktemp("long") / "twelve.mp4", spec)
