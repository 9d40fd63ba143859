"""A picture as pixels, for formats that cannot hold drawings; in the fonts of the PDF, so that both look alike."""

from __future__ import annotations

import json

from reports.formats.typeset import compiled, shown


def png(svg: str, width: int) -> bytes:
    """A drawing as a PNG of so many pixels across, on white. The same drawing gives the same bytes."""
    return compiled("picture.typ", json.dumps({"svg": shown(svg), "width": width}), format="png", ppi=72)
