"""GraphML: the flows as a graph, for programs that draw and search graphs. tracer/graph.py says what is in it."""

from __future__ import annotations

from collections.abc import Mapping

from reports.draft import Draft
from reports.formats import Format
from tracer.graph import flow_graph, graphml


def _files(draft: Draft) -> Mapping[str, bytes]:
    graph = flow_graph(draft.dossier.result)
    graph.graph.update(reference=draft.dossier.reference, digest=draft.digest)
    return {"report.graphml": graphml(graph).encode()}


FORMAT = Format("graphml", data=_files, spoken=False)
