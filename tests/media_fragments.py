"""Every way in which FFmpeg puts an MP4 into fragments, by the options of its muxer."""

from __future__ import annotations

SHAPES: dict[str, dict[str, str]] = {
    "keyframes": {"movflags": "frag_keyframe"},
    "every frame": {"movflags": "frag_every_frame+empty_moov"},
    "empty moov": {"movflags": "frag_keyframe+empty_moov"},
    "moof is base": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    "dash": {"movflags": "frag_keyframe+dash+global_sidx"},
    "separate moof": {"movflags": "frag_keyframe+empty_moov+separate_moof"},
    "cmaf": {"movflags": "frag_keyframe+cmaf"},
    "delayed moov": {"movflags": "frag_keyframe+empty_moov+delay_moov"},
    "negative offsets": {"movflags": "frag_keyframe+delay_moov+negative_cts_offsets"},
    "half a second": {"movflags": "empty_moov+default_base_moof", "frag_duration": "500000"},
    "no index at the end": {"movflags": "frag_keyframe+empty_moov+skip_trailer"},
    "interleaved by hand": {"movflags": "frag_keyframe+empty_moov+frag_discont"},
}
