"""`trace graph CASE --out FILE`: the traced flows for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.options import case_path, finished_case, lang_option, language
from tracer.document import from_document
from tracer.errors import CaseError
from tracer.graph import flow_graph, write
from tracer.words import words


@click.command(name="graph")
@click.argument("case")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@lang_option
def graph(case: str, out: Path, lang: str | None) -> None:
    """Write the traced flows as GraphML or GEXF."""
    w = words(language(lang))
    folder = case_path(case)
    with finished_case(folder, w) as opened:
        stored = opened.store.last_result()
    if stored is None or stored.result is None:
        raise CaseError("error.no_result", folder=folder)
    drawn = flow_graph(from_document(stored.result))
    write(drawn, out)
    click.echo(w("graph.written", file=out, nodes=drawn.number_of_nodes(), edges=drawn.number_of_edges()))


COMMAND = graph
