"""`trace audit CASE`: does every account close to zero, under every method?"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from reports.audit_account import AuditView
from reports.audit_conversion import parties
from reports.audit_export import audit_csv, audit_document
from reports.audit_table import render_audit
from reports.view import View
from tracer.audit import audit as audited
from tracer.audit_lines import Audit
from tracer.cli import FAULT
from tracer.cli.options import case_path, config_of, finished_case, lang_option, language, screen, written_whole
from tracer.errors import CaseError
from tracer.json_text import json_text
from tracer.passport import which_address
from tracer.session import workings_of
from tracer.words import words


@click.command(name="audit")
@click.argument("case")
@click.option("--address", default=None)
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), default=None)
@click.option("--all", "everything", is_flag=True)
@lang_option
@click.option("--json", "as_json", is_flag=True)
def audit(
    *, case: str, address: str | None, csv_file: Path | None, everything: bool, lang: str | None, as_json: bool
) -> int:
    """Add up every account, theft and method anew, and show that each closes to zero."""
    w = words(language(lang))
    folder = case_path(case)
    with finished_case(folder, w) as opened:
        workings = asyncio.run(workings_of(opened, config_of(), must_close=False))
    whole = audited(workings)
    only = None if address is None else which_address((line.account[1] for line in whole.lines), address, str(folder))
    found = whole if only is None else _limited(whole, only)
    if csv_file is not None:
        rows = _write(audit_csv(workings, found), csv_file)
        click.echo(w("audit.written", file=csv_file, rows=rows), err=True)
    if as_json:
        sys.stdout.write(json_text(audit_document(workings, found), indent=1) + "\n")
    elif csv_file is None:
        view = View.of(workings.result, w, str(folder), everything=everything)
        render_audit(screen(), AuditView(workings, whole, view, only))
    elif whole.faults:
        click.echo(w("audit.fails", n=len(whole.faults)), err=True)
    return FAULT if whole.faults else 0


def _limited(found: Audit, address: str) -> Audit:
    """Only the accounts of an address; what does not close stays, wherever it is."""
    return found._replace(
        lines=tuple(line for line in found.lines if line.account[1] == address),
        origins=tuple(one for one in found.origins if address in (one.account[1], one.receiver)),
        pruned=(),
        turned=tuple(one for one in found.turned if address in parties(one)),
    )


def _write(lines: Iterable[str], path: Path) -> int:
    """Write a file as a whole or not at all; returns how many rows stand below its first line."""
    rows = -1
    try:
        with written_whole(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
            for line in lines:
                file.write(line)
                rows += 1
    except OSError as failure:
        raise CaseError("error.csv_unwritten", file=path, why=failure.strerror) from None
    return rows


COMMAND = audit
