"""Mail on one machine: a folder of `.eml` files, which any mail program opens."""

from __future__ import annotations

import asyncio
from email import policy
from email.message import EmailMessage
from pathlib import Path

from schema.errors import Unavailable


class FolderMailer:
    """A mail is one file, named by its Message-ID, so that a repeated delivery is still one mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: EmailMessage) -> None:
        """
        Raises:
            Unavailable: the folder cannot be written to.
        """
        try:
            await asyncio.to_thread(self._write, message)
        except OSError as error:
            raise Unavailable(f"The folder of mails, {self._folder}, cannot be written to.") from error

    def _write(self, message: EmailMessage) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = message["Message-ID"].strip("<>").partition("@")[0]
        part = self._folder / f".{name}.part"
        part.write_bytes(message.as_bytes(policy=policy.SMTP))
        part.replace(self._folder / f"{name}.eml")
