"""Channels on this machine: the terminal's bell, a line of JSON for another program, the desktop's own notices."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tracer.json_text import json_text
from tracer.watch.channels import Message, Undelivered, Way
from tracer.watch.model import CRITICAL, Told
from tracer.words import sentence

BELL: Final = "\a"
LIMIT: Final = 10
"""Seconds in which the desktop must have taken a notice."""

Write = Callable[[str], None]

_APPLE: Final = (
    *("-e", "on run argv"),
    *("-e", "display notification (item 2 of argv) with title (item 1 of argv)"),
    *("-e", "end run"),
)
"""What is shown is handed over as arguments: put into the script, it could be read as part of it."""


@dataclass(slots=True, kw_only=True)
class Bell(Way):
    """Rings and writes the title, through ``write``, which gets one line."""

    write: Write
    lists: bool = True

    async def send(self, told: Told, message: Message) -> None:
        """Ring. Raises Undelivered when the terminal is gone."""
        del told
        _written(self.write, f"{BELL}{message.title}")


@dataclass(slots=True, kw_only=True)
class Lines(Way):
    """One alert a line, as JSON, through ``write``."""

    write: Write
    lists: bool = False

    async def send(self, told: Told, message: Message) -> None:
        """Write the line. Raises Undelivered when nobody reads any more."""
        del told
        _written(self.write, json_text(message.facts, compact=True))


def _written(write: Write, line: str) -> None:
    try:
        write(line)
    except OSError:
        raise Undelivered(sentence("note.channel_unreachable")) from None


@dataclass(slots=True, kw_only=True)
class Desktop(Way):
    """A notice on this machine's desktop, by the program that its system brings for it."""

    program: str
    lists: bool = True

    async def send(self, told: Told, message: Message) -> None:
        """Show it. Raises Undelivered when the program failed: nobody is logged in, or no desktop is running."""
        del told
        arguments = desktop_arguments(self.program, message)
        quiet = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(self.program, *arguments, stdout=quiet, stderr=quiet)
            code = await asyncio.wait_for(process.wait(), LIMIT)
        except OSError:
            code = -1
        except TimeoutError:
            process.kill()
            code = -1
        if code != 0:
            raise Undelivered(sentence("note.channel_desktop"))


def desktop_program() -> str:
    """The program that shows notices here; "" where there is none."""
    return shutil.which("osascript" if sys.platform == "darwin" else "notify-send") or ""


def desktop_arguments(program: str, message: Message) -> Sequence[str]:
    """How that program is told a message."""
    if program.endswith("osascript"):
        return (*_APPLE, message.title, message.body)
    urgency = "critical" if message.severity == CRITICAL else "normal"
    return (f"--urgency={urgency}", "--app-name=trace", "--", message.title, message.body)
