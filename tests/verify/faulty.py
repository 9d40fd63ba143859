"""Runs the program with one line changed: `python -m tests.verify.faulty CASE OUT < FAULT`.

A process of its own, because every module that took a function from the changed one must get the changed function.
FAULT is JSON with ``module``, ``old`` and ``new``, or null. CASE is a finished case; it is copied beside OUT, traced again
offline from its stored answers, and handed over as an unpacked bundle in OUT.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any


class _Changed(SourceFileLoader):
    """Loads a module from its text with one place changed."""

    old = new = ""

    def get_code(self, fullname: str) -> CodeType:
        text = Path(self.path).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise SystemExit(f"{fullname}: the fault's place is found {text.count(self.old)} times")
        return compile(text.replace(self.old, self.new), self.path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, module: str, old: str, new: str) -> None:
        self.module, self.old, self.new = module, old, new

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None and spec.origin is not None
        loader = _Changed(fullname, spec.origin)
        loader.old, loader.new = self.old, self.new
        spec.loader = loader
        assert isinstance(spec.loader, Loader)
        return spec


def main(case: Path, out: Path) -> None:
    """Trace the case again and write the bundle."""
    fault = json.load(sys.stdin)
    if fault:
        sys.meta_path.insert(0, _Finder(fault["module"], fault["old"], fault["new"]))
    from tests.verify.bundles import bundled, traced_again  # noqa: PLC0415 - after the fault is in

    folder = out.with_name(out.name + ".case")
    shutil.copytree(case, folder)
    with sqlite3.connect(folder / "case.sqlite") as db:
        for table in ("transfer", "coverage", "approval"):
            db.execute(f"DELETE FROM {table}")
    db.close()
    asyncio.run(traced_again(folder))
    bundled(folder, out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
