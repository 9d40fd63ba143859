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

import click

from chains.errors import ChainError
from tracer import cli as package
from tracer.errors import SecretRefused, TracerError
from tracer.secrets import find_secret, warning
from tracer.words import pick_lang, words

INTERRUPTED = 130
USAGE = 2


class DefaultGroup(click.Group):
    """A group whose first word may be an address: then it is `trace run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the hidden command in front of anything that is not a command's name."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "--version", "-h"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=DefaultGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
)
@click.version_option(package_name="stolen-funds-tracer", prog_name="trace")
@click.pass_context
def trace(ctx: click.Context) -> None:
    """Follow stolen funds on EVM chains and TRON, to the unit.

    \b
    trace ADDRESS --since TX          ADDRESS was emptied; TX is the transaction that took the money
    trace A@TX B@TX                   several victims in one case
    trace ADDRESS --since 2024-07-16T12:04:47Z --chain ethereum
    trace demo                        a made-up theft, offline: see what a trace looks like
    trace show CASE                   the last result of a case again
    trace verify CASE                 re-derive a case offline and compare

    It needs addresses and transaction hashes only. NEVER give anyone a private key or recovery phrase.

    Run `trace run --help` for all options of a trace.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def _register() -> None:
    for info in iter_modules(package.__path__):
        command = getattr(import_module(f"tracer.cli.{info.name}"), "COMMAND", None)
        if isinstance(command, click.Command):
            trace.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave it with the documented exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: list[str]) -> int:
    """Run the program and return its exit code."""
    _register()
    lang = _lang_of(arguments)
    if _holds_secret(arguments):
        return _refuse(lang)
    try:
        code = trace.main(args=arguments, prog_name="trace", standalone_mode=False)
    except SecretRefused as refused:
        click.echo(str(refused), err=True)
        return _refuse(lang)
    except (TracerError, ChainError) as failure:
        click.echo(f"trace: {failure}", err=True)
        return getattr(failure, "exit_code", 4)
    except (click.exceptions.Abort, KeyboardInterrupt):
        w = words(lang)
        click.echo(w("cli.interrupted"), err=True)
        return INTERRUPTED
    except click.ClickException as wrong:
        wrong.show()
        return USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return code if isinstance(code, int) else 0


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
