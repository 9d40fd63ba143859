"""JSON: the whole dossier for programs, as docs/dossier.schema.json describes it. It carries the digest."""

from __future__ import annotations

from collections.abc import Mapping

from reports.dossier_json import to_json
from reports.draft import Draft
from reports.formats import Format


def _files(draft: Draft) -> Mapping[str, bytes]:
    return {"report.json": to_json(draft.dossier)}


FORMAT = Format("json", data=_files, spoken=False)
