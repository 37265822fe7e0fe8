"""The output files of a render: named after the video, written all or nothing, and never over an input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from os.path import realpath
from pathlib import Path

from activities.command.arguments import Asked
from activities.command.refusals import Refused
from activities.running.leftovers import OwnFolder

_PARTS = (
    ("captions", "vtt"),
    ("audio_description", "vtt"),
    ("audio_description", "mp3"),
    ("chapters", "vtt"),
    ("time_map", "json"),
    ("plan", "json"),
    ("report", "json"),
    ("report", "html"),
)
_ELSEWHERE = "Choose another place with --out."


@dataclass(frozen=True, slots=True)
class Outputs:
    """Names beside the video: of a folder plain, of `talk.mp4` with `talk.` before them."""

    folder: Path
    video: Path
    prefix: str
    language: str
    heard_language: str
    """Of the captions, which are of what is said."""

    @classmethod
    def of(cls, asked: Asked) -> Outputs:
        assert asked.out is not None
        out, language = asked.out, asked.language
        if out.suffix.lower() == ".mp4":
            return cls(out.parent, out, f"{out.stem}.", language, asked.heard_language)
        return cls(out, out / f"accessible_video.{language}.mp4", "", language, asked.heard_language)

    def path(self, what: str, suffix: str) -> Path:
        language = self.heard_language if what == "captions" else self.language
        return self.folder / f"{self.prefix}{what}.{language}.{suffix}"

    @property
    def words(self) -> Path:
        return self.folder / f"{self.prefix}words.json"

    def all(self) -> list[Path]:
        """Every file that a render may write."""
        return [self.video, self.words, *(self.path(*part) for part in _PARTS)]

    def older(self, placed: Iterable[Path]) -> list[Path]:
        """Older outputs under our names that were not written now. Words belong to the video, and do not become
        outdated."""
        new = {*placed, self.words}
        return [path for path in self.all() if path not in new and path.is_file()]

    def inside(self, folder: Path) -> Outputs:
        """The same names in another folder."""
        return replace(self, folder=folder, video=folder / self.video.name)

    def refuse_to_replace(self, brought: Iterable[Path | None]) -> None:
        """
        Raises:
            Refused: one of `brought` would be overwritten, or a folder has the name of a file to write.
        """
        written = {realpath(path): path for path in self.all()}
        lines = [
            f"{path}: the render would be written over it. {_ELSEWHERE}"
            for path in brought
            if path is not None and realpath(path) in written
        ]
        lines += [f"{path}: this is a folder. {_ELSEWHERE}" for path in written.values() if path.is_dir()]
        if lines:
            raise Refused(*lines)


@contextmanager
def scratch_in(folder: Path) -> Iterator[Path]:
    """A scratch folder inside `folder`. `folder` is created, and removed again if nothing was put into it. Leftovers of
    a killed call are removed.

    Raises:
        Refused: nothing can be written there.
    """
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            scratch = OwnFolder(folder, ".render-")
        except OSError as error:
            raise Refused(f"{folder}: no folder to write to ({error.strerror}). {_ELSEWHERE}") from error
        try:
            yield scratch.path
        finally:
            scratch.leave()
    finally:
        for each in new:
            with suppress(OSError):
                each.rmdir()


def place(written: Iterable[Path], folder: Path) -> list[Path]:
    """Moves all outputs to `folder`, once they are complete."""
    return [path.replace(folder / path.name) for path in written]
