"""Runs the program with lines changed: `python -m tests.verify.faulty CASE OUT < CHANGES`.

A process of its own, because every module that took a function from the changed one must get the changed function.
CHANGES is a JSON list of ``module``, ``old`` and ``new``. CASE is a finished case; it is copied beside OUT, traced
again offline from its stored answers, and handed over as an unpacked bundle in OUT.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import sys
from contextlib import closing
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any


class _Changed(SourceFileLoader):
    """Loads a module from its text with some places changed."""

    changes: tuple[tuple[str, str], ...] = ()

    def get_code(self, fullname: str) -> CodeType:
        text = Path(self.path).read_text(encoding="utf-8")
        for old, new in self.changes:
            if text.count(old) != 1:
                raise SystemExit(f"{fullname}: the fault's place is found {text.count(old)} times")
            text = text.replace(old, new)
        return compile(text, self.path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, changes: list[tuple[str, str, str]]) -> None:
        self.changes = changes

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        changes = tuple((old, new) for module, old, new in self.changes if module == fullname)
        if not changes:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None
        assert spec.origin is not None
        loader = _Changed(fullname, spec.origin)
        loader.changes = changes
        spec.loader = loader
        return spec


def main(case: Path, out: Path) -> None:
    """Trace the case again and write the bundle."""
    sys.meta_path.insert(0, _Finder(json.load(sys.stdin)))
    from tests.verify.bundles import bundled, traced_again  # noqa: PLC0415 - after the fault is in

    folder = out.with_name(out.name + ".case")
    shutil.copytree(case, folder)
    with closing(sqlite3.connect(folder / "case.sqlite")) as db, db:
        for table in ("transfer", "coverage", "approval"):
            db.execute(f"DELETE FROM {table}")
    asyncio.run(traced_again(folder))
    bundled(folder, out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
