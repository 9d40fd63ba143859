"""Reading labels and tokens: the pack that comes with the program, and the user's own CSV files.

Both have the same columns, so that a row of one can be pasted into the other. The pack is trusted (its making validates
it, docs/make_label_pack.py); a user's file is read strictly, because a row that is silently skipped is an exchange that
is silently walked through.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Final, NamedTuple

from chains import evm_address, tron_address
from chains.model import Address, AssetId
from tracer.errors import ConfigError
from tracer.labels import (
    CATEGORIES,
    EVM_WILDCARD,
    KINDS,
    ROLES,
    Label,
    LabelBook,
    Token,
    Tokens,
    role_of,
    self_chosen,
)
from tracer.words import sentence

PACK_COLUMNS: Final = ("chain", "address", "entity", "category", "confidence", "source", "as_of", "role", "kind")
COLUMNS: Final = (*PACK_COLUMNS, "url", "checked", "valid_from", "valid_to")
REQUIRED: Final = ("chain", "address", "entity", "category")

_PARSERS: Final[Sequence[tuple[re.Pattern[str], Callable[[str], Address]]]] = (
    (re.compile(r"eip155:([1-9][0-9]*|\*)"), evm_address.parse),
    (re.compile(r"tron:mainnet"), tron_address.parse),
)
_DATE: Final = re.compile(r"([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?")


class Publisher(NamedTuple):
    """Who says something in the pack: where it can be read, on what terms, what it copies from, its kind of source."""

    url: str
    licence: str
    family: str
    kind: str


@cache
def publishers() -> Mapping[str, Publisher]:
    """The publishers of the pack's labels, by the name that stands in the column ``source``."""
    table = tomllib.loads(files("tracer").joinpath("data", "publishers.toml").read_text(encoding="utf-8"))
    return {name: Publisher(**row) for name, row in table.items()}


def load_labels(
    user_files: Sequence[Path] = (), more: Callable[[Address], Sequence[Label]] = lambda _: ()
) -> LabelBook:
    """The built-in labels, those of the user's files, and ``more`` that can be looked up.

    Raises:
        ConfigError: a user's file that cannot be read; names the file, the line, the cause and the next step.
    """
    labels = list(builtin_labels())
    for path in user_files:
        labels.extend(user_labels(path))
    return LabelBook.of_labels(labels, more)


def builtin_labels() -> Iterator[Label]:
    """The labels of the pack, in its order."""
    urls = {name: one.url for name, one in publishers().items()}
    for chain, address, entity, category, confidence, source, as_of, role, kind in _pack_rows("labels.csv"):
        url = urls[source.split(";")[0]]
        yield Label(
            chain,
            Address(address),
            entity,
            category,
            source,
            as_of,
            int(confidence),
            role=role,
            kind=kind,
            url=url,
            checked=as_of,
        )


def load_tokens() -> Tokens:
    """The listed tokens of the pack."""
    tokens = (
        Token(chain, AssetId(contract), symbol, name, issuer, int(decimals), *rest)
        for chain, contract, symbol, name, issuer, decimals, *rest in _pack_rows("tokens.csv")
    )
    return Tokens({(token.chain, token.contract): token for token in tokens})


def user_labels(path: Path) -> list[Label]:
    """The labels of one user's CSV file: ``chain,address,entity,category`` and, if wanted, the other `COLUMNS`.

    Without a source the file's name is the source; without a confidence it is 100, for the user vouches for it.

    Raises:
        ConfigError: unreadable, a wrong header, or a wrong row.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as failure:
        raise ConfigError("error.labels_unreadable", file=path, why=failure.strerror) from None
    except UnicodeDecodeError:
        raise ConfigError("error.labels_not_text", file=path) from None
    reader = csv.reader(StringIO(text), strict=True)
    try:
        header = _header(next(reader, []))
        filled = (cells for cells in reader if any(cell.strip() for cell in cells))
        return [_user_label(header, cells, path.name) for cells in filled]
    except (ConfigError, csv.Error) as wrong:
        line = max(reader.line_num, 1)
        why = wrong if isinstance(wrong, ConfigError) else str(wrong)
        raise ConfigError("error.labels_line", file=path, line=line, why=why) from None


def _pack_rows(name: str) -> Iterator[list[str]]:
    text = files("tracer").joinpath("data", name).read_text(encoding="utf-8")
    rows = csv.reader(StringIO(text), strict=True)
    next(rows)
    return rows


def _header(cells: Sequence[str]) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    missing = [column for column in REQUIRED if column not in header]
    if missing:
        raise ConfigError("error.label_columns_missing", required=",".join(REQUIRED), missing=", ".join(missing))
    unknown = [column for column in header if column not in COLUMNS]
    if unknown:
        raise ConfigError("error.label_column_unknown", name=unknown[0], known=", ".join(COLUMNS))
    if len(set(header)) != len(header):
        raise ConfigError("error.label_column_twice")
    return header


def _user_label(header: Sequence[str], cells: Sequence[str], file_name: str) -> Label:
    if len(cells) != len(header):
        raise ConfigError("error.label_cells", expected=len(header), found=len(cells))
    row = {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
    if not row["entity"]:
        raise ConfigError("error.label_entity")
    if self_chosen(row["entity"]):
        raise ConfigError("error.label_self_chosen", name=row["entity"])
    category = _known(row["category"], CATEGORIES)
    return Label(
        chain=row["chain"],
        address=_address(row["chain"], row["address"]),
        entity=row["entity"],
        category=category,
        source=row.get("source") or sentence("rule.user_file", name=file_name),
        as_of=_date(row, "as_of"),
        confidence=_confidence(row),
        by_user=True,
        role=_known(row.get("role") or role_of(category), ROLES),
        kind=_known(row.get("kind") or "user", KINDS),
        url=row.get("url", ""),
        checked=_date(row, "checked"),
        valid_from=_date(row, "valid_from"),
        valid_to=_date(row, "valid_to"),
    )


def _address(chain: str, text: str) -> Address:
    for pattern, parse in _PARSERS:
        if pattern.fullmatch(chain):
            try:
                return parse(text)
            except ValueError as wrong:
                raise ConfigError("error.label_address", text=text, chain=chain, why=str(wrong)) from None
    raise ConfigError("error.label_chain", name=chain, wildcard=EVM_WILDCARD)


def _known(text: str, known: Sequence[str]) -> str:
    if text not in known:
        raise ConfigError("error.label_category", name=text, known=", ".join(filter(None, known)))
    return text


def _date(row: Mapping[str, str], column: str) -> str:
    text = row.get(column, "")
    if not _DATE.fullmatch(text):
        raise ConfigError("error.label_date", text=text)
    return text


def _confidence(row: Mapping[str, str]) -> int:
    text = row.get("confidence") or "100"
    if not (text.isascii() and text.isdigit() and int(text) <= 100):
        raise ConfigError("error.label_confidence", text=text)
    return int(text)
