"""`trace labels`: whose addresses these are, according to whom, and the lists that say so."""

from __future__ import annotations

import click

from tracer.cli.labels_audit import audit_labels
from tracer.cli.labels_common import lang_option
from tracer.cli.labels_show import listing, show, sources
from tracer.cli.labels_update import import_files, remove, update_lists


@click.group(name="labels", invoke_without_command=True)
@lang_option
@click.pass_context
def labels(ctx: click.Context) -> None:
    """Say whose an address is according to the lists on this machine, and fetch such lists."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


for command in (show, listing, sources, update_lists, import_files, remove, audit_labels):
    labels.add_command(command)

COMMAND = labels
