"""What the script of an HTML page draws: the flow picture's data, with every figure and outline already made.

The script adds nothing of its own, so the picture to explore cannot differ from the still one: the outlines are the
same, the shares are written as everywhere else, and only links that a page may have are left in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from markupsafe import Markup

from reports.formats.html_text import leads_out, script_data
from reports.numbers import percent, some
from reports.picture.shapes import LOOKS, Look

WIDTH, HEIGHT = 176, 70
"""Of a node's box: room for a name, an address and an amount."""

STEPS: Final = (0, 1, 5, 10, 50, 100, 200, 500, 1_000, 2_500, 5_000)
"""The least share to show, in hundredths of a percent: what matters differs by powers of ten."""


def graph_data(graph: Mapping[str, Any], says: Mapping[str, str]) -> Markup:
    """A picture for the script, and what it says."""
    nodes = [{**node, "explorer": _page(node["explorer"])} for node in graph["nodes"]]
    edges = [{**edge, "flows": list(map(_flow, edge["flows"]))} for edge in graph["edges"]]
    return script_data(
        {
            "says": says,
            "shares": _shares({one["share"] for one in (*nodes, *edges)}),
            "steps": [(share, percent(share)) for share in STEPS],
            "box": (WIDTH, HEIGHT),
            "looks": {one["role"]: _look(LOOKS.get(one["role"], LOOKS["wallet"])) for one in graph["roles"]},
            "graph": {**graph, "nodes": nodes, "edges": edges},
        }
    )


def _shares(shares: Iterable[int]) -> dict[int, str]:
    return {share: some(share) for share in sorted(shares)}


def _look(look: Look) -> dict[str, Any]:
    """A role's box as paths. The margin of 1 keeps its line within the picture it becomes."""
    box = 1, 1, WIDTH - 2, HEIGHT - 2
    paths = [one(*box) for one in (look.outline, look.within) if one]
    return {"paths": paths, "fill": look.fill, "stroke": look.stroke, "wide": look.wide, "dashed": look.dashed}


def _flow(flow: Mapping[str, Any]) -> dict[str, Any]:
    return {**flow, "url": _page(flow["url"])}


def _page(url: str) -> str:
    return url if leads_out(url) else ""
