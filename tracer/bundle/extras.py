"""What every bundle says about itself: how to check it, in two languages, and the checker."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from tracer.hostile import clean

CHECKER: Final = "verify.py"
CHECKER_AT = files("tracer").joinpath("data", CHECKER)
READMES: Final = ("README.txt", "README.zh-CN.txt")


def about(reference: str, version: str, made: str) -> dict[str, bytes]:
    """The checker and the pages beside it, by name, for a case by its reference and the run that left its result."""
    folder = files("tracer").joinpath("data", "bundle")
    values = {name: clean(text) for name, text in (("reference", reference), ("version", version), ("made", made))}
    pages = {name: folder.joinpath(name).read_text(encoding="utf-8").format(**values).encode() for name in READMES}
    return {**pages, CHECKER: CHECKER_AT.read_bytes()}
