"""The papers of a watched case on disk: written whole, and what they replace moved aside with its date.

They lie beside the watch and not in the case, because letters name persons and a case holds nothing about persons.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Final

from reports.letter.recipients import slug_of
from reports.watch.papers import beside_letters, letters, report
from tracer.cli.options import today, write_files
from tracer.dossier import Dossier
from tracer.errors import CaseError
from tracer.identity import Identity
from tracer.result import rfc3339

LETTERS, REPORT, EARLIER = "letters", "report", "earlier"
STANDINGS: Final = "letters.json"
"""What each letter asked for when it was written, as digests."""

DAY: Final = 10
"""Characters of a date without its time: of the report, one version a day is kept."""


class WatchPapers:
    """Papers of the cases of one watch, below ``root``, a folder for each case."""

    def __init__(self, root: Path, lang: str, who: Identity) -> None:
        self.root, self.lang, self.who = root, lang, who

    def folder(self, case: Path) -> Path:
        """Where a case's papers are."""
        return self.root.joinpath(case.name)

    def letter(self, case: Path, entity: str) -> Path:
        """Where the letter to somebody is, or will be."""
        return self.folder(case) / LETTERS / slug_of(entity)

    async def write(self, case: Path, dossier: Dossier) -> None:
        """Write what changed, the letters first, beside the watch's own work.

        Raises:
            CaseError: a file cannot be written; what stood there stands.
        """
        await asyncio.to_thread(self._write, self.folder(case), dossier)

    def _write(self, folder: Path, dossier: Dossier) -> None:
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / STANDINGS
        known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        found = letters(dossier, self.lang, self.who, today())
        for letter in found:
            target = folder / LETTERS / letter.slug
            if known.get(letter.slug) != letter.standing or not target.is_dir():
                _replace(target, letter.files(), folder / EARLIER)
                known[letter.slug] = letter.standing
                list(write_files(folder, {STANDINGS: json.dumps(known, indent=1).encode()}))
        list(write_files(folder / LETTERS, beside_letters(found)))
        _replace(folder / REPORT, dict(report(dossier, self.lang)), folder / EARLIER, DAY)


def _replace(target: Path, files: dict[str, bytes], earlier: Path, precision: int | None = None) -> None:
    """Put a folder of files in the place of another, which moves aside.

    It lies below its date, cut to ``precision`` characters; of one date the last is kept.
    """
    new = target.with_name(f".{target.name}.new")
    try:
        shutil.rmtree(new, ignore_errors=True)
        list(write_files(new, files))
        if target.is_dir():
            date = rfc3339(int(target.stat().st_mtime)).replace(":", "")[:precision]
            aside = earlier.joinpath(date, target.name)
            shutil.rmtree(aside, ignore_errors=True)
            aside.parent.mkdir(parents=True, exist_ok=True)
            target.rename(aside)
        new.rename(target)
    except OSError as failure:
        raise CaseError("error.watch_papers", file=target, why=failure.strerror) from None
