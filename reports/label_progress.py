"""What an update of lists shows: bars on a terminal, plain lines elsewhere, and of each list what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from chains.errors import ChainError
from reports.label_lists import terms
from reports.layout import Line, put
from tracer.hostile import clean
from tracer.label_copy import Change
from tracer.label_update import Updated
from tracer.lists import LabelList
from tracer.words import Words, translated

NAME_CAP = 40
REASON_CAP = 600


class ListProgress:
    """A `tracer.label_update.Watch` that draws on a console. ``bars`` is None where nothing can be drawn in place."""

    def __init__(self, w: Words, console: Console, bars: Progress | None) -> None:
        self.w, self.console, self.bars = w, console, bars
        self._task = None if bars is None else bars.add_task("", total=None, visible=False, size="")
        self._requests = 0

    def begins(self, one: LabelList) -> None:
        """Say whose list comes now, and on what terms."""
        self._requests = 0
        head = Text.assemble((one.name, "bold"), f" · {terms(one, self.w)}")
        put(self.console, [Line(head)])

    def loading(self, name: str, done: int, whole: int | None) -> None:
        """Move the bar of a file."""
        size = decimal(done) if whole is None else f"{decimal(done)} / {decimal(whole)}"
        self._move(clean(name, NAME_CAP), done, whole, size)

    def requested(self, endpoint: str) -> None:
        """Count a request."""
        self._requests += 1
        self._move(self.w("labels.asking", endpoint=endpoint, n=self._requests))

    def reading(self, labels: int) -> None:
        """Say how many labels were read."""
        self._move(self.w("labels.reading", n=f"{labels:,}"))

    def ended(self, updated: Updated) -> None:
        """Say what changed, or what went wrong and that the copy before is kept."""
        if self.bars is not None and self._task is not None:
            self.bars.update(self._task, visible=False)
        if updated.change is not None:
            lines = [Line(Text(changed(updated.change, self.w), style="green"))]
            if updated.shrunk:
                lines.append(Line(Text(self.w("labels.shrunk", n=f"{updated.change.removed:,}"), style="bold yellow")))
        else:
            lines = [Line(Text(self.w("labels.failed", why=clean(_reason(updated, self.w), REASON_CAP)), style="red"))]
        put(self.console, lines, "    ")

    def _move(self, what: str, done: int = 0, whole: int | None = None, size: str = "") -> None:
        if self.bars is not None and self._task is not None:
            self.bars.update(self._task, description=what, completed=done, total=whole, size=size, visible=True)


def changed(change: Change, w: Words) -> str:
    """What changed, in one line."""
    counts = {name: f"{number:,}" for name, number in change._asdict().items()}
    return w("labels.changed", **counts)


@contextmanager
def watching_lists(w: Words, console: Console) -> Iterator[ListProgress]:
    """A watcher for as long as an update takes."""
    if not console.is_terminal:
        yield ListProgress(w, console, None)
        return
    what, size = TextColumn("    {task.description}", markup=False), TextColumn("{task.fields[size]}", markup=False)
    with Progress(what, BarColumn(20), size, console=console, transient=True) as bars:
        yield ListProgress(w, console, bars)


def _reason(updated: Updated, w: Words) -> str:
    failure = updated.failure
    return translated(str(failure), w) if failure is None or isinstance(failure, ChainError) else failure.say(w)
