"""A person's recording instead of a voice: found, trimmed and measured like any clip."""

from __future__ import annotations

from dataclasses import dataclass

from activities.media.sound.clips import MeasuredClip
from activities.running.child import run_in_child
from activities.running.workspace import Workspace
from activities.texts.spoken import measure_file
from schema import objects
from schema.errors import MediaRefused
from schema.object_store import ObjectStore

_VERSION = 1
PROVIDER = "a person's recording"
"""The name in the manifest instead of a voice."""


@dataclass(frozen=True, slots=True)
class Recording:
    """`source` is an object's name; `key` the hash of its content and the rate it is wanted at."""

    cue_id: str
    source: str
    key: str


async def find_recording(store: ObjectStore, cue_id: str, uri: str, rate: int) -> Recording:
    """The recording at `uri`.

    Raises:
        MediaRefused: it is gone, and the cue that wants it is named.
    """
    source = store.name_of(uri)
    info = await store.stat(source)
    if info is None:
        raise MediaRefused(f"The recording of description {cue_id} is not in the bucket. Upload it again.")
    return Recording(cue_id, source, objects.hash_of("recording", _VERSION, source, info.generation, rate))


async def measure_recording(workspace: Workspace, recording: Recording, rate: int) -> MeasuredClip:
    """The clip, at `rate`.

    Raises:
        MediaRefused: naming the cue: it is no sound, is too long, or says nothing.
    """
    async with workspace.scratch() as scratch:
        path = await workspace.fetch(recording.source, scratch)
        try:
            clip: MeasuredClip = await run_in_child(measure_file, path, rate)
        except MediaRefused as refused:
            raise MediaRefused(
                f"The recording of description {recording.cue_id} cannot be used. {refused.message} Choose another, or "
                "give the description back to the voice."
            ) from refused
    return clip
