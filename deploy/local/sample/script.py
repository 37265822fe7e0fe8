"""The narration of the sample film and its times, which the drawing, the sound and the captions follow."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH, HEIGHT, RATE = 854, 480, 25
LENGTH_S = 71.0

TITLE, MAP, KITCHEN, TOWER, LAMP_ROOM, LIGHT, DAWN = 0.0, 6.0, 17.4, 32.8, 41.2, 51.0, 63.5
"""When each scene begins, seconds."""
DISSOLVE_S = 1.0
"""LIGHT becomes DAWN over this long; the other scenes are cut."""
FADE_S = 0.6
"""From black at the beginning, to black at the end."""
LIT_S = 51.9
"""When the lighthouse is lit."""


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of the narrator. `start_s` is when its first sound is heard."""

    start_s: float
    text: str


LINES = (
    Line(6.8, "A long time ago, there was a small village by the sea."),
    Line(10.2, "Every winter, the fishing boats came back in the dark."),
    Line(13.65, "And every winter, some of them hit the rocks."),
    Line(18.5, "In the last house on the hill, there lived a young girl."),
    Line(21.7, "Her father was a sailor."),
    Line(27.4, "Every evening, she put a small lantern in the window, so that he could find his way."),
    # From here to the lamp room's end the narrator hardly pauses: no description fits in between.
    Line(33.2, "But one night, the storm was so strong that nobody could see the window."),
    Line(37.1, "She took the lantern, and she ran up the hill to the old tower."),
    Line(41.4, "She climbed one hundred steps, and she cleaned the glass with her sleeve."),
    Line(45.6, "She put the lantern in the middle, and around it she put the old mirrors of the village."),
    Line(52.2, "And suddenly, there was light everywhere."),
    Line(59.7, "Her father turned the boat away from the rocks, just in time."),
    Line(64.8, "That is how the lighthouse began to shine."),
)
