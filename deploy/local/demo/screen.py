"""The demo's output: progress bars and one live line per language on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TransferSpeedColumn,
)
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from deploy.local.demo.board import Board, Line, Mood
from deploy.local.demo.result import Row
from deploy.local.demo.timeline import Span

_MARKS = {Mood.WAITING: "·", Mood.PERSON: "?", Mood.DONE: "✓", Mood.FAILED: "✗"}
_STYLES = {Mood.WAITING: "dim", Mood.PERSON: "yellow", Mood.DONE: "green", Mood.FAILED: "bold red"}


class Screen:
    """All output goes through this class, so that live lines and others do not disturb one another."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._plain: dict[str, tuple[Mood, str]] = {}
        self._spinner = Spinner("dots")

    def say(self, words: str = "") -> None:
        self.console.print(escape(words), soft_wrap=True)

    def head(self, words: str) -> None:
        self.console.print(f"\n[bold]{escape(words)}[/bold]")

    def aside(self, words: str) -> None:
        """Prints the reason for the previous line."""
        self.console.print(f"  [dim]{escape(words)}[/dim]", soft_wrap=True)

    def wrong(self, words: str) -> None:
        self.console.print(f"[bold red]{escape(words)}[/bold red]", soft_wrap=True)

    @contextmanager
    def sending(self, name: str, size: int) -> Iterator[Callable[[int], None]]:
        """Shows a progress bar for `size` bytes; yields a function that takes the number sent."""
        columns: list[ProgressColumn] = [TextColumn("  {task.description}"), BarColumn()]
        columns += [DownloadColumn(binary_units=True), TransferSpeedColumn()]
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(escape(name), total=size)
            yield lambda held: progress.update(task, completed=held)

    @contextmanager
    def watching(self, board: Board) -> Iterator[None]:
        """Shows `board` until the block ends. Without a terminal, call `refresh`."""
        if not self.console.is_terminal:
            yield
            return
        with Live(get_renderable=lambda: self._draw(board.lines), console=self.console, refresh_per_second=8):
            yield

    def refresh(self, board: Board) -> None:
        """Without a terminal: prints one plain line for each change."""
        if self.console.is_terminal:
            return
        for line in board.lines:
            now = (line.mood, line.doing.split(" ")[0] if line.mood is Mood.RUNNING else line.doing)
            if self._plain.get(line.label) != now:
                self._plain[line.label] = now
                self.console.print(escape(f"  {line.label:>8}  {line.doing}"), soft_wrap=True)

    def _draw(self, lines: Iterable[Line]) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=2)
        grid.add_column(justify="right", style="bold")
        grid.add_column(width=24)
        grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        for line in lines:
            running = line.mood is Mood.RUNNING
            mark: RenderableType = self._spinner if running else Text(_MARKS[line.mood], _STYLES[line.mood])
            bar: RenderableType = ""
            if running:
                bar = ProgressBar(
                    total=1, completed=line.fraction or 0, width=24, pulse=line.fraction is None
                )
            grid.add_row(mark, line.label, bar, Text(line.doing, _STYLES.get(line.mood, "")))
        return Group("", grid, "")

    def made(self, found: Iterable[Row]) -> None:
        table = Table("File", "Length", "Notes", title="What was made", title_justify="left")
        table.columns[0].overflow = "fold"
        language = ""
        for row in found:
            if language not in ("", row.language):
                table.add_section()
            language = row.language
            table.add_row(escape(row.file), row.length, escape(row.notes))
        self.console.print(table)

    def times(self, spans: Iterable[Span], upload_s: float, total_s: float) -> None:
        table = Table("Step", "Of", "Seconds", title="How long it took", title_justify="left")
        table.columns[2].justify = "right"
        table.add_row("upload", "the source", f"{upload_s:.1f}")
        for span in spans:
            of = span.language or "the source"
            table.add_row(
                span.name,
                f"{of}, a person" if span.by_person else of,
                f"{span.seconds:.1f}",
                style="dim" if span.by_person else "",
            )
        table.add_section()
        table.add_row("all", "from the first byte to completed", f"{total_s:.1f}", style="bold")
        self.console.print(table)
