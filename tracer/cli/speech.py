"""Help and complaints in the user's language: every text comes from the catalogue, click's own words included.

click speaks English and breaks lines between English words. So the texts of commands and options are put in when the
commands are registered (`speak`), pages are laid out here with the breaking rules of the reports, and click's own
sentences are recognised by `tracer.words.translated`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import click
from rich.cells import cell_len
from rich.text import Text

from chains.errors import ChainError, SourceError
from chains.reader import Failures
from reports.layout import wrap
from tracer.errors import TracerError
from tracer.words import Words, translated, words

KEPT: Final = "\b\n"
"""Begins a paragraph whose lines stay as they are; click's own sign for it."""

_EXTRA: Final = re.compile(r"  \[(.+)\]$")


class SpokenFormatter(click.HelpFormatter):
    """Lays out a help page in the words of a language, as wide as its signs are."""

    def __init__(self, w: Words, width: int | None, max_width: int | None) -> None:
        super().__init__(width=width, max_width=max_width)
        self.w = w

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line that shows how the command is called."""
        super().write_usage(prog, args, prefix or self.w("help.usage"))

    def write_heading(self, heading: str) -> None:
        """A section's name."""
        self.write(f"{'':>{self.current_indent}}{translated(heading, self.w)}{self.w('help.colon')}\n")

    def write_text(self, text: str) -> None:
        """Paragraphs, each wrapped unless it begins with `KEPT`."""
        for number, paragraph in enumerate(text.split("\n\n")):
            kept = paragraph.startswith(KEPT)
            lines = paragraph.splitlines()[1:] if kept else self._wrapped(paragraph, self.width - self.current_indent)
            self.write("\n" if number else "")
            self.write("".join(f"{'':>{self.current_indent}}{line}\n" for line in lines))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Terms and what they mean, in two columns."""
        rows = list(rows)
        first = min(max(cell_len(term) for term, _ in rows), col_max) + col_spacing
        for term, meaning in rows:
            lines = self._wrapped(self._meaning(meaning), max(self.width - self.current_indent - first, 10))
            if cell_len(term) > first - col_spacing:
                lines = ["", *lines]
            padding = "" if not any(lines) else " " * (first - cell_len(term))
            self.write(f"{'':>{self.current_indent}}{term}{padding if lines[0] else ''}{lines[0]}\n")
            self.write("".join(f"{'':>{self.current_indent + first}}{line}\n" for line in lines[1:]))

    def _meaning(self, text: str) -> str:
        text = translated(text, self.w)
        return _EXTRA.sub(lambda extra: f"  [{translated(extra[1], self.w)}]", text)

    @staticmethod
    def _wrapped(text: str, width: int) -> list[str]:
        return [line.plain for line in wrap(Text(" ".join(text.split())), width)]


class SpokenContext(click.Context):
    """A context whose help page is a `SpokenFormatter`'s. Its object is the `Words` to speak."""

    def make_formatter(self) -> click.HelpFormatter:
        """The formatter in the language of this run."""
        return SpokenFormatter(self.find_object(Words) or words("en"), self.terminal_width, self.max_content_width)


def speak(group: click.Group, w: Words) -> None:
    """Give a group and its commands their help in a language.

    The text of a command is `help.<command>` (of one in a group, `help.<group>.<command>`), of its option that and
    `.<option>`, or `help.option.<option>` where several commands share it, and of an argument's name
    `help.metavar.<argument>`.
    """
    _speak(group, f"help.{group.name}", w)
    _speak_all(group, "help", w)


def _speak_all(group: click.Group, beginning: str, w: Words) -> None:
    group.subcommand_metavar = w("help.metavar.command")
    for command in group.commands.values():
        key = f"{beginning}.{command.name}"
        _speak(command, key, w)
        if isinstance(command, click.Group):
            _speak_all(command, key, w)


def _speak(command: click.Command, key: str, w: Words) -> None:
    command.context_class = SpokenContext
    command.help = w.texts.get(key, command.help)
    command.short_help = (command.help or "").split("\n\n")[0]
    command.options_metavar = w("help.metavar.options")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            shared = w.texts.get(f"help.option.{parameter.name}", parameter.help)
            parameter.help = w.texts.get(f"{key}.{parameter.name}", shared)
        else:
            parameter.metavar = w.texts.get(f"help.metavar.{parameter.name}", parameter.metavar)


def complaint(failure: TracerError | ChainError | click.ClickException, w: Words) -> str:
    """What went wrong, as one line in a language."""
    if isinstance(failure, TracerError):
        return failure.say(w)
    if isinstance(failure, ChainError):
        said = translated(str(failure), w)
        return w("error.no_answer", why=said) if isinstance(failure, Failures | SourceError) else said
    said = translated(" ".join(failure.format_message().split()).rstrip("."), w)
    context = getattr(failure, "ctx", None)
    return w("error.command_line", why=said, command=context.command_path if context else "trace")
