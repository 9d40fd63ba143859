"""`trace labels audit`: what is wrong with the labels on this machine, or worth a second look."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain

import click

from chains.model import Address
from reports.label_audit import findings_document, render_findings
from tracer.cli.labels_common import lang_option, opened, spoken
from tracer.cli.options import screen, today
from tracer.json_text import json_text
from tracer.label_audit import audit
from tracer.label_files import load_labels, load_tokens
from tracer.labels import Label

FOUND = 3


@click.command(name="audit")
@lang_option
@click.option("--json", "as_json", is_flag=True)
def audit_labels(*, as_json: bool) -> int:
    """Look through the built-in labels, and every address of which the lists say more than one thing."""
    looked = 0

    def groups() -> Iterator[tuple[Label, ...]]:
        nonlocal looked
        first = {*book.by_address, *(Address(contract) for _, contract in tokens.rows)}
        for address in chain(sorted(first), (one for one in store.repeated() if one not in first)):
            labels = (*book.by_address.get(address, ()), *store.of(address))
            looked += len(labels)
            yield labels

    tokens = load_tokens()
    with opened() as store:
        for about in store.about():
            store.verify(about.name)
        book = load_labels()
        found = list(audit(groups(), tokens, today().isoformat()))
    if as_json:
        sys.stdout.write(json_text(findings_document(found, looked), indent=1) + "\n")
    else:
        render_findings(found, looked, spoken(), screen())
    return 0 if all(one.expected for one in found) else FOUND
