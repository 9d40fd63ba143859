"""A made-up list of addresses, one a line, whose reader is as strict as the real ones'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from chains import evm_address
from tests.tracer.small_world import who
from tracer.errors import ListDamaged
from tracer.labels import Label
from tracer.lists import Copy, Download, Fetch, LabelList

FILE = "made.txt"


def made_list(base: str, *, name: str = "made", least: int = 1, cadence: int = 30) -> LabelList:
    """A list whose page ``/index`` names its file's path."""

    async def locate(fetch: Fetch, day: date) -> list[Download]:
        return [Download(base + (await fetch(f"{base}/index")).decode(), FILE)]

    return LabelList(
        name=name,
        publisher="Made-up Exchange",
        licence="as you like",
        page="https://made.example/list",
        cadence=cadence,
        expected=(least, 1000),
        kind="self_published",
        read=read,
        locate=locate,
    )


def read(copy: Copy) -> Iterator[Label]:
    for text in copy.files[FILE].read_text().splitlines():
        try:
            address = evm_address.parse(text)
        except ValueError:
            raise ListDamaged("error.list_copy_text", file=FILE) from None
        yield Label(
            "eip155:1",
            address,
            "Made-up Exchange",
            "exchange_deposit",
            "Made-up Exchange's own list",
            copy.as_of,
            90,
            role="deposit",
            kind="self_published",
            url="https://made.example/list",
            checked=copy.checked,
        )


def file_of(names: Sequence[str]) -> bytes:
    """The file that lists these."""
    return "".join(f"{who(name)}\n" for name in names).encode()


def some(count: int, start: int = 0) -> list[str]:
    """Made-up names."""
    return [f"customer {number}" for number in range(start, start + count)]
