"""The outlines of the flow picture's boxes, one per role: they are told apart without colour, in black and white print.

Each function takes the upper left corner, width and height, and gives an SVG path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from reports.picture.graph import CONVERSION, HUB, MORE, VICTIM, WALLET
from tracer.result import NOT_FOLLOWED

CUT: Final = 9

Outline = Callable[[int, int, int, int], str]


class Look(NamedTuple):
    """How a role is drawn: its outline, what is drawn within, the two colours, and whether the outline is dashed."""

    outline: Outline
    fill: str
    stroke: str
    within: Outline | None = None
    wide: int = 1
    dashed: bool = False


def _closed(points: Sequence[tuple[int, int]]) -> str:
    return "M" + " L".join(f"{x} {y}" for x, y in points) + " Z"


def _round(radius: int) -> Outline:
    def outline(x: int, y: int, width: int, height: int) -> str:
        r = min(radius, height // 2)
        across, down = width - 2 * r, height - 2 * r
        return (
            f"M{x + r} {y} h{across} a{r} {r} 0 0 1 {r} {r} v{down} a{r} {r} 0 0 1 -{r} {r} "
            f"h-{across} a{r} {r} 0 0 1 -{r} -{r} v-{down} a{r} {r} 0 0 1 {r} -{r} Z"
        )

    return outline


def _square(x: int, y: int, width: int, height: int) -> str:
    return _closed([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])


def _inset(outline: Outline) -> Outline:
    """The same once more inside: a double line."""
    return lambda x, y, width, height: outline(x + 3, y + 3, width - 6, height - 6)


def _octagon(x: int, y: int, width: int, height: int) -> str:
    right, low, c = x + width, y + height, min(CUT, height // 3)
    above = [(x, y + c), (x + c, y), (right - c, y), (right, y + c)]
    return _closed([*above, (right, low - c), (right - c, low), (x + c, low), (x, low - c)])


def _hexagon(x: int, y: int, width: int, height: int) -> str:
    right, low, mid = x + width, y + height, y + height // 2
    return _closed([(x + CUT, y), (right - CUT, y), (right, mid), (right - CUT, low), (x + CUT, low), (x, mid)])


def _arrow(x: int, y: int, width: int, height: int) -> str:
    right, low, mid = x + width, y + height, y + height // 2
    return _closed([(x, y), (right - CUT, y), (right, mid), (right - CUT, low), (x, low)])


def _slanted(x: int, y: int, width: int, height: int) -> str:
    return _closed([(x + CUT, y), (x + width, y), (x + width - CUT, y + height), (x, y + height)])


def _snipped(x: int, y: int, width: int, height: int) -> str:
    right, low = x + width, y + height
    return _closed([(x + CUT, y), (right - CUT, y), (right, y + CUT), (right, low), (x, low), (x, y + CUT)])


def _torn(x: int, y: int, width: int, height: int) -> str:
    """A right edge like torn paper: it goes on, and nobody looked."""
    steps = max(2, height // 8)
    edge = [(x + width - (place % 2) * 6, y + height * place // steps) for place in range(steps + 1)]
    return _closed([(x, y), *edge, (x, y + height)])


def _base(x: int, y: int, width: int, height: int) -> str:
    return f"M{x} {y + height - 2} h{width} M{x} {y + height - 4} h{width}"


def _sides(x: int, y: int, width: int, height: int) -> str:
    return f"M{x + 5} {y} v{height} M{x + width - 5} {y} v{height}"


def _corners(x: int, y: int, width: int, height: int) -> str:
    right, low, c = x + width, y + height, min(CUT, height // 3)
    return (
        f"M{x} {y + c} L{x + c} {y} M{right - c} {y} L{right} {y + c} "
        f"M{right} {low - c} L{right - c} {low} M{x + c} {low} L{x} {low - c}"
    )


def _stacked(x: int, y: int, width: int, height: int) -> str:
    """Two more sheets behind."""
    return f"M{x + 3} {y - 3} h{width} v{height} M{x + 6} {y - 6} h{width} v{height}"


_UNREAD: Final = Look(_torn, "#f8fafc", "#64748b")
_PLAIN: Final = Look(_round(5), "#ffffff", "#475569")

LOOKS: Final[Mapping[str, Look]] = {
    VICTIM: Look(_square, "#fff4cc", "#8a6d00", _inset(_square), 2),
    WALLET: _PLAIN,
    CONVERSION: Look(_round(40), "#fff7ed", "#b45309", dashed=True),
    HUB: Look(_hexagon, "#ffffff", "#1d4ed8"),
    MORE: Look(_square, "#f1f5f9", "#475569", _stacked),
    "exchange": Look(_hexagon, "#dbeafe", "#1d4ed8", wide=2),
    "exchange_deposit": Look(_arrow, "#dbeafe", "#1d4ed8", wide=2),
    "frozen": Look(_octagon, "#d9f3f3", "#0f766e", _inset(_octagon), 2),
    "held": Look(_square, "#e4f2e1", "#2f6b2f", _base),
    "returned": Look(_round(5), "#fff4cc", "#8a6d00", _inset(_round(5)), 2),
    "mixer": Look(_octagon, "#ece4f5", "#5b3a8c"),
    "bridge": Look(_slanted, "#ece4f5", "#5b3a8c"),
    "service": Look(_snipped, "#ece4f5", "#5b3a8c"),
    "contract": Look(_square, "#eeeeee", "#444444", _sides),
    "burn": Look(_square, "#eeeeee", "#444444", _corners),
    **dict.fromkeys(NOT_FOLLOWED, _UNREAD),
}
