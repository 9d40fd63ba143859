"""The report as files: every format and language that is asked for, for a folder or for a bundle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache, partial

from reports.draft import Draft
from reports.formats import Format, formats
from reports.paper import Paper
from reports.report import report
from tracer.errors import UsageError


def formats_of(wanted: str) -> list[Format]:
    """The formats of a comma-separated list, each once.

    Raises:
        UsageError: one of them is unknown, or none is named.
    """
    known = formats()
    names = dict.fromkeys(name.strip().lower() for name in wanted.split(",") if name.strip())
    for name in names:
        if name not in known:
            raise UsageError("error.format_unknown", name=name, known=", ".join(known))
    if not names:
        raise UsageError("error.format_none", known=", ".join(known))
    return [known[name] for name in names]


def report_files(asked: Sequence[Format], drafts: Sequence[Draft]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """The files of each format, by name, behind the format's: of one that speaks, once for each draft.

    A format that has nothing to say of the case has none. What a draft's papers share is dropped with the draft.
    """
    for draft in drafts:
        paper = cache(partial(_paper, draft))
        for one in asked:
            if one.paper is not None:
                yield one.name, {f"report.{draft.w.lang}.{one.name}": one.paper(paper(one.rows))}
            elif one.data is not None and (one.spoken or draft is drafts[0]):
                yield one.name, dict(one.data(draft))


def _paper(draft: Draft, rows: int | None) -> Paper:
    return report(replace(draft, limit=rows))
