"""JSON as text that can be looked at: whatever a terminal or an editor would act on instead of showing is escaped.

A JSON document keeps what a token calls itself to the letter, since it is evidence. Written plainly, that letter may be
an escape sequence's beginning, a mark that turns the line around, or half of a character that no file can hold. All of
them have another spelling in JSON, which every reader turns back into the same.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

_FOREIGN: Final = re.compile(r"[^\x00-\x7e]")
_SEPARATORS: Final = ("Zl", "Zp")
_AT_ONCE: Final = 10_000


def json_text(value: Any, *, indent: int | None = None, compact: bool = False) -> str:
    """A value as JSON, its keys in the order they stand in; ``compact`` is without any spaces."""
    spaces = (",", ":") if compact else None
    return _FOREIGN.sub(_seen, json.dumps(value, indent=indent, ensure_ascii=False, separators=spaces))


def json_pieces(value: Any, *, indent: int) -> Iterator[bytes]:
    """What `json_text` gives, encoded and in pieces: a large document is not in memory as text as well."""
    signs = json.JSONEncoder(indent=indent, ensure_ascii=False).iterencode(value)
    while some := "".join(islice(signs, _AT_ONCE)):
        yield _FOREIGN.sub(_seen, some).encode()


def _seen(found: re.Match[str]) -> str:
    category = unicodedata.category(found[0])
    return json.dumps(found[0])[1:-1] if category[0] == "C" or category in _SEPARATORS else found[0]
