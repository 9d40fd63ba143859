"""The integrity check values: of the dossier, of the result, and of every stored answer; and how to check them.

Chinese rules on electronic data ask for the check value of each piece and for a process that can be repeated; so do
courts elsewhere. All of these can be computed again without this program.
"""

from __future__ import annotations

from typing import Final

from reports.draft import Draft
from reports.paper import CODE, STRONG, Block, Cell, Code, Column, Facts, Heading, Moment, Para, Span, Table, cell, line
from reports.report import Section
from reports.report.cut import cut
from reports.times import unix
from tracer.dossier import Answer
from tracer.hostile import clean

QUESTION: Final = 110

ANSWERS: Final = 30
"""Answers that a paper lists; the spreadsheet and `trace show` have all."""

CHECK_CASE: Final = "trace verify CASE"
CHECK_DOSSIER: Final = (
    "python3 -c \"import hashlib, json, sys; d = json.load(open(sys.argv[1], encoding='utf-8')); "
    "d.pop('digest'); print(hashlib.sha256(json.dumps(d, sort_keys=True, "
    "separators=(',', ':')).encode()).hexdigest())\" FILE.json"
)
CHECK_ANSWER: Final = (
    'python3 -c "import hashlib, sqlite3, sys, zlib; case = sqlite3.connect(sys.argv[1]); '
    "body, = case.execute('SELECT body FROM raw WHERE id = ?', sys.argv[2:]).fetchone(); "
    'print(hashlib.sha256(zlib.decompress(body)).hexdigest())" CASE/case.sqlite NUMBER'
)
"""Each is a whole command: what it prints is the figure in the table."""


def blocks(draft: Draft) -> list[Block]:
    """What the values are for, those of the whole, how to check, and those of the answers."""
    w, run = draft.w, draft.dossier.run
    whole = Facts(
        (
            (w("hashes.reference"), cell(Span(draft.dossier.reference, STRONG))),
            (w("hashes.dossier"), cell(Span(draft.digest, CODE))),
            (w("hashes.result"), cell(Span(run.result_sha256.removeprefix("sha256:"), CODE))),
        )
    )
    checks = (("case", CHECK_CASE), ("dossier", CHECK_DOSSIER), ("answer", CHECK_ANSWER))
    how = [block for name, code in checks for block in (Para(line(w(f"hashes.check.{name}"))), Code(code))]
    return [
        Heading(1, w("hashes.title"), SECTION.id),
        Para(line(w("hashes.meaning"))),
        whole,
        Heading(2, w("hashes.how"), "hashes-how"),
        *how,
        Heading(2, w("hashes.answers"), "hashes-answers"),
        _answers(draft),
    ]


def tables(draft: Draft) -> list[Table]:
    """Every stored answer in columns of its own."""
    w = draft.w
    names = ("number", "source", "host", "asked_at", "status", "kind", "question", "sha256")
    columns = tuple(Column(w(f"hashes.{name}")) for name in names)
    return [Table("answers", w("hashes.caption"), columns, tuple(_flat(draft, one) for one in draft.dossier.answers))]


def _answers(draft: Draft) -> Table:
    w = draft.w

    def row(one: Answer) -> tuple[Cell, ...]:
        said = line(Span(clean(one.source), STRONG), f" {clean(one.question.removeprefix(one.source), QUESTION)}")
        return (
            cell(f"{one.number:,}", value=one.number),
            cell(Span(_bare(one), CODE), said),
            cell(*draft.time(unix(one.asked_at)).lines, _what(draft, one), value=Moment(unix(one.asked_at))),
        )

    columns = (
        Column(w("hashes.number"), 6, right=True),
        Column(w("hashes.sha256"), 63),
        Column(w("hashes.asked_at"), 31),
    )
    return cut(draft, "answers", w("hashes.caption"), columns, draft.dossier.answers, row, most=ANSWERS)


def _bare(one: Answer) -> str:
    return clean(one.sha256.removeprefix("sha256:"), 64)


def _status(one: Answer) -> str:
    return "" if one.status is None else f"HTTP {one.status}"


def _what(draft: Draft, one: Answer) -> str:
    return " · ".join(filter(None, (draft.w(f"answer.{one.kind}"), _status(one))))


def _flat(draft: Draft, one: Answer) -> tuple[Cell, ...]:
    return (
        cell(f"{one.number:,}", value=one.number),
        cell(clean(one.source)),
        cell(clean(one.host, 100)),
        draft.time(unix(one.asked_at)),
        cell(_status(one), value=one.status),
        cell(draft.w(f"answer.{one.kind}")),
        cell(clean(one.question, 2_000)),
        cell(Span(_bare(one), CODE)),
    )


SECTION = Section(140, "hashes", blocks, tables)
