"""Rows and reports that tests begin with."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from schema.contracts.media import AudioStream, Fraction, MediaReport, SceneChange, VideoStream
from schema.contracts.outputs import RequestedOutputs
from schema.db import Database
from schema.enums import Role
from schema.load_settings import load
from schema.queries import jobs
from schema.settings import Settings
from schema.tables import Client, Job, Membership, Organization, Project, User


def settings_for(database_url: str, **overrides: Any) -> Settings:
    """Settings of a test process: local providers, plain http."""
    return load(
        **{
            "_env_file": None,
            "environment": "test",
            "database_url": database_url,
            "jwt_secret": "test-secret-that-is-long-enough-for-hs256",
            "cookie_secure": False,
            # People who sign in once for all tests of a process stay signed in, however slow the machine is.
            "access_token_s": 86_400,
            "transcribe_provider": "local",
            "describe_provider": "local",
            "translate_provider": "local",
            "voice_provider": "local",
            **overrides,
        }
    )


async def make_project(database: Database) -> tuple[Organization, Client, Project, User]:
    """A tenant of its own: organisation, client, project, and the user who creates jobs in it."""
    mark = uuid4().hex[:8]
    org = Organization(name=f"Org {mark}")
    user = User(email=f"{mark}@example.org", name="Cleo Creator", role=Role.PRODUCTION)
    client = Client(org_id=org.id, name=f"Client {mark}")
    project = Project(client_id=client.id, name=f"Project {mark}")
    async with database.begin() as session:
        session.add_all([org, user])
        await session.flush()
        session.add_all([client, Membership(org_id=org.id, user_id=user.id)])
        await session.flush()
        session.add(project)
    return org, client, project, user


async def make_member(database: Database, org_id: UUID, role: Role = Role.LINGUIST) -> UUID:
    """Another user who belongs to the organisation."""
    user = User(email=f"{uuid4().hex[:8]}@example.org", name="Lee Linguist", role=role)
    async with database.begin() as session:
        session.add(user)
        await session.flush()
        session.add(Membership(org_id=org_id, user_id=user.id))
    return user.id


async def insert_job(database: Database, outputs: RequestedOutputs, **fields: Any) -> Job:
    """The row of a job whose workflow was not started; `fields` say whose it is, and what of it is unlike others."""
    job_id = fields.pop("id", None) or uuid4()
    job = Job(
        **{
            "id": job_id,
            "title": "How the lighthouse got its light",
            "source_language": "en",
            "requested_outputs": outputs.model_dump(mode="json"),
            "filename": "video.mp4",
            "content_type": "video/mp4",
            "size_bytes": 1000,
            "source_object": f"jobs/{job_id}/source.mp4",
            **fields,
        }
    )
    async with database.begin() as session:
        await jobs.insert(session, job)
    return job


async def make_job(
    database: Database, outputs: RequestedOutputs, *, id: UUID | None = None, **changes: Any
) -> Job:
    """A job's row, in a tenant of its own, whose workflow was not started."""
    org, client, project, user = await make_project(database)
    whose = {
        "org_id": org.id,
        "client_id": client.id,
        "project_id": project.id,
        "creator_id": user.id,
    }
    return await insert_job(database, outputs, id=id, **{**whose, **changes})


def media_report(
    *cuts_s: int, seconds: int, container: str = "mp4", codec: str = "h264", sample_rate: int | None = None
) -> MediaReport:
    """Of a video with cuts at these seconds; with AAC of `sample_rate` Hz, or without sound."""
    picture = VideoStream(
        index=0,
        codec=codec,
        width=1920,
        height=1080,
        frame_rate=Fraction(num=25),
        timescale=12_800,
        duration_ms=seconds * 1000,
    )
    sound = AudioStream(index=1, codec="aac", sample_rate=sample_rate or 48_000, channels=2, layout="stereo")
    return MediaReport(
        container=container,
        size_bytes=1,
        duration_ms=seconds * 1000,
        video=picture,
        audio=(sound,) if sample_rate else (),
        has_audio=sample_rate is not None,
        scene_changes=tuple(SceneChange(at_ms=cut * 1000) for cut in cuts_s),
    )
