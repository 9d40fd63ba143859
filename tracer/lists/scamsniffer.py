"""ScamSniffer's addresses of phishing, as a community reported them. It is published with a delay of seven days.

GPL-3.0: downloaded by the user's machine, never shipped. The list names no chain, and drainers work on all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.errors import ListDamaged
from tracer.labels import EVM_WILDCARD, Label
from tracer.list_files import Addresses, at, read_json
from tracer.lists import Copy, LabelList
from tracer.words import sentence

FILE: Final = "address.json"
PAGE: Final = "https://github.com/scamsniffer/scam-database"
URL: Final = f"https://raw.githubusercontent.com/scamsniffer/scam-database/HEAD/blacklist/{FILE}"


def read(copy: Copy) -> Iterator[Label]:
    """The reported addresses: a JSON list of texts."""
    rows = read_json(copy.files[FILE])
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        raise ListDamaged("error.list_copy_field", file=FILE, field="address")
    addresses = Addresses(copy)
    for row in dict.fromkeys(rows):
        address = addresses.read(EVM_WILDCARD, row.strip())
        if address is not None:
            yield Label(
                chain=EVM_WILDCARD,
                address=address,
                entity="ScamSniffer: reported scam address",
                category="hack",
                source="ScamSniffer",
                as_of=copy.as_of,
                confidence=50,
                kind="collection",
                url=PAGE,
                checked=copy.checked,
            )
    addresses.done()


LIST = LabelList(
    name="scamsniffer",
    publisher="ScamSniffer",
    licence=f"GPL-3.0; {sentence('note.list_fetched')}",
    page=PAGE,
    cadence=7,
    expected=(1_000, 200_000),
    kind="collection",
    read=read,
    locate=at(URL, FILE),
)
