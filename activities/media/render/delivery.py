"""What a delivery asks of the render's sound."""

from __future__ import annotations

from activities.media.contract import RenderOptions
from schema.contracts.outputs import Loudness, SoundPreferences

_OVER_DIALOGUE = frozenset({Loudness.NETFLIX})
_DELIVERY: dict[Loudness, tuple[float | None, float]] = {
    Loudness.PROGRAMME: (None, -1.0),
    Loudness.EBU_R128: (-23.0, -1.0),
    Loudness.ATSC_A85: (-24.0, -2.0),
    Loudness.NETFLIX: (-27.0, -2.0),
    Loudness.WEB: (-16.0, -1.0),
}


def render_options(sound: SoundPreferences, *, constant_frame_rate: bool = False) -> RenderOptions:
    """Targets and ceilings of the delivery standards: EBU R128, ATSC A/85, Netflix, and the web's usual."""
    target, peak = _DELIVERY[sound.loudness]
    return RenderOptions(
        duck_db=sound.duck_db,
        ambience=sound.ambience,
        loudness_lufs=target,
        loudness_of_speech=sound.loudness in _OVER_DIALOGUE,
        true_peak_dbtp=peak,
        both_tracks=sound.both_tracks,
        fragmented=sound.fragmented,
        constant_frame_rate=constant_frame_rate,
    )
