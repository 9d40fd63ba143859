"""`trace watch`: follows cases and addresses as blocks come, and raises an alarm when the money moves."""

from __future__ import annotations

import click

from tracer.cli import DefaultGroup, leading
from tracer.cli.labels_common import lang_option
from tracer.cli.watch_alert import try_channels
from tracer.cli.watch_log import listing, log, verify
from tracer.cli.watch_run import run
from tracer.cli.watch_targets import add, pause, remove, resume


class WatchGroup(DefaultGroup):
    """A group whose first word may be what to watch, or missing: then it is `trace watch run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without any word, everything on the list is watched."""
        return super().parse_args(ctx, args if args[leading(args) :] else ["run", *args])


@click.group(name="watch", cls=WatchGroup)
@lang_option
def watch() -> None:
    """Watch cases and addresses, and raise an alarm when the money moves."""


for command in (run, add, listing, remove, pause, resume, log, verify, try_channels):
    watch.add_command(command)

COMMAND = watch
