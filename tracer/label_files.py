"""Reading labels and tokens: the pack that comes with the program, and the user's own CSV files.

Both have the same columns, so that a row of one can be pasted into the other. The pack is trusted (its making validates
it, docs/make_label_pack.py); a user's file is read strictly, because a row that is silently skipped is an exchange that
is silently walked through.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Final

from chains import evm_address, tron_address
from chains.model import Address, AssetId
from tracer.errors import ConfigError
from tracer.labels import CATEGORIES, EVM_WILDCARD, Label, LabelBook, Token, Tokens
from tracer.words import sentence

COLUMNS: Final = ("chain", "address", "entity", "category", "confidence", "source", "as_of")
REQUIRED: Final = ("chain", "address", "entity", "category")

_PARSERS: Final[Sequence[tuple[re.Pattern[str], Callable[[str], Address]]]] = (
    (re.compile(r"eip155:([1-9][0-9]*|\*)"), evm_address.parse),
    (re.compile(r"tron:mainnet"), tron_address.parse),
)
_DATE: Final = re.compile(r"([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?")


def load_labels(user_files: Sequence[Path] = ()) -> LabelBook:
    """The built-in labels and those of the user's files.

    Raises:
        ConfigError: a user's file that cannot be read; names the file, the line, the cause and the next step.
    """
    labels = list(builtin_labels())
    for path in user_files:
        labels.extend(user_labels(path))
    return LabelBook.of_labels(labels)


def builtin_labels() -> Iterator[Label]:
    """The labels of the pack, in its order."""
    for chain, address, entity, category, confidence, source, as_of in _pack_rows("labels.csv"):
        yield Label(chain, Address(address), entity, category, source, as_of, int(confidence))


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
    return Label(
        chain=row["chain"],
        address=_address(row["chain"], row["address"]),
        entity=row["entity"],
        category=_category(row["category"]),
        source=row.get("source") or sentence("rule.user_file", name=file_name),
        as_of=_as_of(row),
        confidence=_confidence(row),
        by_user=True,
    )


def _address(chain: str, text: str) -> Address:
    for pattern, parse in _PARSERS:
        if pattern.fullmatch(chain):
            try:
                return parse(text)
            except ValueError as wrong:
                raise ConfigError("error.label_address", text=text, chain=chain, why=str(wrong)) from None
    raise ConfigError("error.label_chain", name=chain, wildcard=EVM_WILDCARD)


def _category(text: str) -> str:
    if text not in CATEGORIES:
        raise ConfigError("error.label_category", name=text, known=", ".join(CATEGORIES))
    return text


def _as_of(row: Mapping[str, str]) -> str:
    text = row.get("as_of", "")
    if not _DATE.fullmatch(text):
        raise ConfigError("error.label_date", text=text)
    return text


def _confidence(row: Mapping[str, str]) -> int:
    text = row.get("confidence") or "100"
    if not (text.isascii() and text.isdigit() and int(text) <= 100):
        raise ConfigError("error.label_confidence", text=text)
    return int(text)
