"""The files that go with a letter: tables and plain lines for whoever wants no PDF, and a code to scan.

They are in no language, so both languages of a letter name the same files with the same digests.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Final

import segno
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from chains.model import Asset
from reports.formats.csv import guarded
from reports.formats.sheets import decimal_text
from reports.formats.zipped import repacked
from reports.letter.far import far_json
from reports.letter.material import Attached, Material
from reports.letter.transfers import block_of, inside
from reports.numbers import money, symbol
from reports.paper import Exact
from reports.times import unix
from tracer.lots import CONSERVING
from tracer.result import rfc3339

COLUMNS: Final = (
    *("number", "time_utc", "chain", "block", "tx", "log_index", "from", "to", "via", "asset", "asset_id"),
    *("amount", "traced", "now_here", "now_here_asset", "explorer"),
)
"""Of path.csv. A payment whose units are here in two assets has two rows."""

PLACES: Final = (
    *("number", "chain", "address", "means", "asset", "asset_id", "attributed", "least", "most", *sorted(CONSERVING)),
    *("tier", "confidence", "arrived_utc", "balance", "frozen", "swept_to", "as_of_block", "last_tx", "explorer"),
)
"""Of addresses.csv: all that a card of the letter says in figures."""

QUIET_ZONE: Final = 4
WIDE: Final = 6
"""How many times as wide as high the picture of the code is: formats draw a picture as wide as the page."""

_WIDTHS: Final = {"tx": 70, "last_tx": 70, "explorer": 70} | dict.fromkeys(("from", "to", "address", "asset_id"), 46)
NARROW: Final = 21


def files_of(material: Material) -> tuple[Material, Mapping[str, bytes]]:
    """The attachments by name, and the material with their digests."""
    plain = {
        "addresses.txt": ("addresses", _addresses(material).encode()),
        "addresses.csv": ("places", _csv(PLACES, _places(material))),
        "path.csv": ("path", _csv(COLUMNS, _rows(material))),
        "path.xlsx": ("path_xlsx", _xlsx(material)),
        "digest.svg": ("code", code_of(material).encode()),
    }
    attached = [Attached(name, what, _sha256(data)) for name, (what, data) in plain.items()]
    far = far_json(material, attached).encode()
    attached.append(Attached("far.json", "far", _sha256(far)))
    found = {name: data for name, (_, data) in plain.items()} | {"far.json": far}
    return replace(material, attached=tuple(attached)), found


def index_of(files: Mapping[str, bytes]) -> bytes:
    """Every file with its SHA-256, as ``sha256sum --check`` reads it."""
    return "".join(f"{_sha256(data)}  {name}\n" for name, data in sorted(files.items())).encode()


def code_of(material: Material) -> str:
    """The dossier's reference and digest as a code to scan (SVG)."""
    draft = material.draft
    dark = segno.make(f"{draft.dossier.reference} sha256:{draft.digest}", error="m", micro=False).matrix
    size = len(dark) + 2 * QUIET_ZONE
    path = "".join(
        f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h1v1h-1z" for y, row in enumerate(dark) for x, on in enumerate(row) if on
    )
    width = size * WIDE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {size}" width="{width}" height="{size}">'
        f'<rect width="{width}" height="{size}" fill="#ffffff"/><path d="{path}" fill="#000000"/></svg>\n'
    )


def _addresses(material: Material) -> str:
    """Plain lines: what a desk pastes into its own search."""
    lines = [f"{material.draft.dossier.reference} - {material.to.name}", "", "ADDRESSES"]
    for number, way in enumerate(material.to.ways, 1):
        row = way.endpoint
        lines += [
            f"{number}. {row.chain} {row.address}",
            f"   {symbol(row.asset)} {row.asset.id}: {money(row.amount, row.asset)}",
        ]
    lines += ["", "INCOMING TRANSACTIONS"]
    for number in range(len(material.to.ways)):
        for place, units in material.incoming(number):
            flow = material.flow(place)
            lines.append(f"{number + 1}. {rfc3339(flow.time)} {flow.tx} {money(units, flow.asset)}")
    return "\n".join([*lines, ""])


def _rows(material: Material) -> Iterator[tuple[str, ...]]:
    for place, brought in material.brought.items():
        flow = material.flow(place)
        named, index = inside(flow)
        block = block_of(flow)
        for asset, units in brought.items():
            yield (
                str(place + 1), rfc3339(flow.time), flow.chain, "" if block is None else str(block), flow.tx,
                index if named == "log" else "", flow.sender, flow.receiver, " ".join(flow.via), symbol(flow.asset),
                flow.asset.id, decimal_text(Exact(flow.amount, flow.asset.decimals)),
                decimal_text(Exact(flow.traced, flow.asset.decimals)), decimal_text(Exact(units, asset.decimals)),
                symbol(asset), material.draft.tx(flow.chain, flow.tx).url,
            )  # fmt: skip


def _places(material: Material) -> Iterator[tuple[str, ...]]:
    blocks = {one.chain: str(one.number) for one in material.draft.dossier.result.as_of}
    for number, way in enumerate(material.to.ways):
        row, deposit = way.endpoint, way.deposit
        bound, balance, freeze = material.bounds(row), material.balance(row), material.freeze(row)
        methods, came = dict(material.per_method(row)), material.incoming(number)
        limits = (bound.bound.least, bound.bound.most) if bound else (None, None)
        figures = (row.amount, *limits, *(methods.get(name) for name in sorted(CONSERVING)))
        last = material.flow(came[-1][0]) if came else None
        yield (
            str(number + 1), row.chain, row.address, way.means, symbol(row.asset), row.asset.id,
            *(_decimal(units, row.asset) for units in figures), deposit.tier if deposit else "",
            str(deposit.confidence if deposit else row.confidence), rfc3339(row.arrived), _decimal(balance, row.asset),
            freeze.frozen if freeze else "", row.swept_to or "", blocks.get(row.chain, ""), last.tx if last else "",
            material.draft.tx(last.chain, last.tx).url if last else "",
        )  # fmt: skip


def _decimal(units: int | None, asset: Asset) -> str:
    return "" if units is None else decimal_text(Exact(units, asset.decimals))


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    written = StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([guarded(text) for text in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")


def _xlsx(material: Material) -> bytes:
    """Everything as text, so that no digit is lost and no cell is taken for a formula."""
    written = BytesIO()
    with Workbook(written, {"in_memory": True}) as book:
        made = datetime.fromtimestamp(unix(material.draft.dossier.run.finished), UTC)
        book.set_properties({"created": made.replace(tzinfo=None)})
        bold = book.add_format({"bold": True})
        for name, columns, rows in (("addresses", PLACES, _places(material)), ("path", COLUMNS, _rows(material))):
            sheet = book.add_worksheet(name)
            for number, row in enumerate((columns, *rows)):
                for column, text in enumerate(row):
                    sheet.write_string(number, column, text, *(() if number else (bold,)))
            for column, title in enumerate(columns):
                sheet.set_column(column, column, _WIDTHS.get(title, NARROW))
            sheet.freeze_panes(1, 0)
    return repacked(written.getvalue())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
