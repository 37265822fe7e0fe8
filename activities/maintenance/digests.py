"""Digests: what began to wait for somebody, to be due or to be late since the last one."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity
from temporalio.client import Client

from activities.mail.starting import StartMail, start_all
from schema.contracts.sweeps import Cursor, Swept
from schema.db import Database
from schema.enums import MailKind
from schema.queries import digests, mails

_FIRST = timedelta(minutes=15)
_LONGEST = timedelta(days=1)
"""After a longer outage nobody is told of what is older."""
SETTLED = timedelta(minutes=1)
"""A row says when its writing was asked for, and is there a little later: what is this young is the next digest's, for
none looks back."""


class DigestActivities:
    def __init__(self, database: Database, client: Client, start_mail: StartMail) -> None:
        self._database = database
        self._client = client
        self._start_mail = start_mail

    @activity.defn(name="send_digests")
    async def send_digests(self, cursor: Cursor = Cursor()) -> Swept:
        """One mail for each who has something to be told since the last sweep. The outbox has them all or none, and the
        next sweep goes on from here; made again, this one writes none twice."""
        until = activity.info().scheduled_time - SETTLED
        since = max(cursor.since or until - _FIRST, until - _LONGEST)
        until = max(since, until)
        span = {"since": since.isoformat(), "until": until.isoformat()}
        async with self._database.begin() as session:
            people = await digests.people(session, since, until)
            told = await mails.tell(session, f"digest/{until.isoformat()}", MailKind.DIGEST, people, **span)
        activity.heartbeat()
        await start_all(self._start_mail, self._client, told)
        return Swept(looked_at=len(people), seen_to=len(told), cursor=Cursor(since=until))
