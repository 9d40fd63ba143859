"""The command line: `trace ADDRESS --since TX` and its few companions.

The composition root: the only place that may import everything, and the only one that ends the program. `main` is the
one boundary where errors become a line and an exit code; a traceback never reaches the user.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import TracebackType

import click

from chains.errors import ChainError
from tracer import cli as package
from tracer.cli.options import lang_option
from tracer.cli.speech import complaint, speak
from tracer.errors import SecretRefused, SourceTrouble, TracerError
from tracer.secrets import find_secret, warning
from tracer.words import Words, pick_lang, words

INTERRUPTED = 130
TERMINATED = 143
"""As shells have it: 128 and the number of the signal, of SIGTERM here."""
FAULT = 70
USAGE = 2
ABOUT_ALL = ("--help", "--version", "-h")


class DefaultGroup(click.Group):
    """A group whose first word may be an address: then it is `trace run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the hidden command in front of anything that is not a command's name, and a leading --lang behind it."""
        lead = leading(args)
        lang, rest = args[:lead], args[lead:]
        if rest and rest[0] in self.commands:
            args = [rest[0], *lang, *rest[1:]]
        elif rest and rest[0] not in ABOUT_ALL:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=DefaultGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
)
@click.version_option(package_name="stolen-funds-tracer", prog_name="trace")
@lang_option
@click.pass_context
def trace(ctx: click.Context, *, lang: str | None) -> None:  # noqa: ARG001 - read from the arguments, to speak from the start
    """Follow stolen funds on EVM chains and TRON, to the unit."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def register(w: Words, arguments: Sequence[str] = ()) -> click.Group:
    """The command line, its help in the words of a language.

    Of these arguments only the command that they call: to import all takes longer than most of them run.
    """
    # A word that Python keeps for itself names no module: `trace import` is import_.py.
    modules = {info.name.rstrip("_"): info.name for info in iter_modules(package.__path__)}
    called = next(iter(arguments[leading(arguments) :]), "--help")
    names = [*modules.values()]
    if called not in ABOUT_ALL:
        names = [modules[called]] if called in modules and _command(modules[called]) else ["run"]
    for command in filter(None, map(_command, names)):
        trace.add_command(command)
    speak(trace, w)
    return trace


def _command(name: str) -> click.Command | None:
    """The command of a module of this package: it is called as the module is."""
    command = getattr(import_module(f"tracer.cli.{name}"), "COMMAND", None)
    return command if isinstance(command, click.Command) else None


def leading(arguments: Sequence[str]) -> int:
    """How many arguments before the command name the language."""
    return 2 if arguments[:1] == ["--lang"] else 1 if arguments and arguments[0].startswith("--lang=") else 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave it with the documented exit code."""
    if not os.environ.get("TRACER_DEBUG"):
        sys.excepthook = _fault
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def _fault(kind: type[BaseException], fault: BaseException, _where: TracebackType | None) -> None:
    """The last resort: an error of this tool becomes one line and its own exit code, not a traceback."""
    w = words(_lang_of(sys.argv[1:]))
    ended = isinstance(fault, KeyboardInterrupt)
    said = w("cli.interrupted") if ended else f"trace: {w('error.fault', kind=kind.__name__, fault=fault)}"
    click.echo(said, err=True)
    sys.stderr.flush()
    os._exit(INTERRUPTED if ended else FAULT)


def run(arguments: list[str]) -> int:
    """Run the program and return its exit code."""
    w = words(_lang_of(arguments))
    if _holds_secret(arguments):
        return _refuse(w.lang)
    try:
        code = register(w, arguments).main(args=arguments, prog_name="trace", standalone_mode=False, obj=w)
    except (TracerError, ChainError, click.ClickException) as failure:
        click.echo(f"trace: {complaint(failure, w)}", err=True)
        return _refuse(w.lang) if isinstance(failure, SecretRefused) else _code(failure)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo(w("cli.interrupted"), err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # What is still to be written at the very end goes nowhere, or Python would complain of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code if isinstance(code, int) else 0


def _code(failure: TracerError | ChainError | click.ClickException) -> int:
    if isinstance(failure, TracerError):
        return failure.exit_code
    return SourceTrouble.exit_code if isinstance(failure, ChainError) else USAGE


def _holds_secret(arguments: Sequence[str]) -> bool:
    """True when any argument, or all of them read as one text, holds a private key or mnemonic."""
    hash_follows = False
    for argument in arguments:
        if find_secret(argument, allow_hash=hash_follows or "@" in argument or argument.startswith("--since=")):
            return True
        hash_follows = argument == "--since"
    return find_secret(" ".join(arguments), allow_hash=True) is not None


def _refuse(lang: str) -> int:
    click.echo(warning(lang), err=True)
    click.echo(warning("en" if lang == "zh" else "zh"), err=True)
    return SecretRefused.exit_code


def _lang_of(arguments: Sequence[str]) -> str:
    for number, argument in enumerate(arguments):
        if argument == "--lang" and arguments[number + 1 : number + 2] in (["en"], ["zh"]):
            return arguments[number + 1]
        if argument in ("--lang=en", "--lang=zh"):
            return argument[-2:]
    return pick_lang(None, os.environ)
