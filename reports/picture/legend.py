"""The legend of the flow picture: a sample of every form that occurs in it, and what the signs on it mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reports.picture.graph import Net
from reports.picture.names import Names
from reports.picture.shapes import LOOKS
from tracer.result import NOT_FOLLOWED


class Sample(NamedTuple):
    """A form, and what it means: an outline of ``role``, a ``line`` (solid or dashed), or words alone."""

    text: str
    role: str = ""
    line: str = ""


def samples(names: Names, net: Net) -> list[Sample]:
    """What occurs in a picture."""
    return list(_samples(names, net))


def _samples(names: Names, net: Net) -> Iterator[Sample]:
    w = names.w
    occurring = {node.role for node in net.nodes.values()}
    yield from (Sample(names.role(role), role) for role in LOOKS if role in occurring and role not in NOT_FOLLOWED)
    unread = [role for role in NOT_FOLLOWED if role in occurring]
    if unread:
        yield Sample(w("closing.join").join(map(names.role, unread)), unread[0])
    yield Sample(w("picture.legend.solid"), line="solid")
    if any(edge.inference for edge in net.edges):
        yield Sample(w("picture.legend.dashed"), line="dashed")
    yield Sample(w("picture.legend.width"))
    if any(edge.traced != edge.gross for edge in net.edges):
        yield Sample(w("picture.legend.amount"))
    if any("…" in said for edge in net.edges for said in (names.carried(edge), names.rows(edge))):
        yield Sample(w("picture.legend.cut"))
    yield Sample(w("picture.legend.row"))
    if any(node.ends for node in net.nodes.values()):
        yield Sample(w("picture.legend.card"))
    yield Sample(w("picture.legend.label"))
    yield Sample(w("picture.legend.time"))
