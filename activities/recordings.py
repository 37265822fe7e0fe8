"""A person's recording in the place of a voice: kept, cut and measured as any clip."""

from __future__ import annotations

from uuid import UUID

from activities.child import run_in_child
from activities.spoken import measure_file, record_of
from activities.step import Kit
from schema import objects
from schema.contracts.clips import ClipRecord
from schema.errors import MediaRefused

_VERSION = 1
PROVIDER = "a person's recording"
"""What the manifest names in the place of a voice."""


async def keep_recording(kit: Kit, org_id: UUID, cue_id: str, uri: str, rate: int) -> tuple[ClipRecord, bool]:
    """The clip of the recording at `uri`, at `rate`, and whether it was made now. The same content is measured once.

    Raises:
        MediaRefused: naming the cue: it is gone, is no sound, is too long, or says nothing.
    """
    source = kit.store.name_of(uri)
    info = await kit.store.stat(source)
    if info is None:
        raise MediaRefused(f"The recording of description {cue_id} is not in the bucket. Upload it again.")
    key = objects.hash_of("recording", _VERSION, source, info.generation, rate)
    measures = objects.clip(org_id, key, "json")
    if known := await kit.find(measures, ClipRecord):
        return known, False
    async with kit.scratch() as scratch:
        path = await kit.workspace.fetch(source, scratch)
        try:
            clip = await run_in_child(measure_file, path, rate)
        except MediaRefused as refused:
            raise MediaRefused(
                f"The recording of description {cue_id} cannot be used. {refused.message} Choose another, or give the "
                "description back to the voice."
            ) from refused
    name = objects.clip(org_id, key, "flac")
    await kit.store.write(name, clip.flac, "audio/flac")
    record = record_of(clip, name, provider=PROVIDER, voice=None, draft=False, recording=uri)
    await kit.write(measures, record)
    return record, True
