"""What people write into token names, labels and memos to harm whoever reads them, put wherever a dossier holds text.

Each is the real thing: a script, a formula, an escape sequence, a page's markup. None may do anything in any format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import cycle
from typing import Any, Final

from chains.model import Gap
from reports.paper import (
    BLANK,
    CODE,
    INFERENCE,
    KINDS,
    LABEL,
    PLAIN,
    Break,
    Bullets,
    Card,
    Code,
    Column,
    Contents,
    Exact,
    Facts,
    Figure,
    Heading,
    Moment,
    Notice,
    Paper,
    Para,
    Span,
    Table,
    cell,
    line,
)
from tests.reports.papers import sample_dossier
from tracer.dossier import Dossier
from tracer.hostile import clean
from tracer.labels import Label

HOSTILE: Final[Mapping[str, str]] = {
    "script": "<script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "closing": "--></style></script></svg></table>\"'><svg onload=alert(1)>",
    "ansi": "\x1b[2J\x1b[31mred\x1b]8;;https://evil.example\x07link\x1b]8;;\x07\x9b1m",
    "rtl": "\u202egnp.exe\u2066\u200b\u200f\ufeff",
    "formula": '=HYPERLINK("https://evil.example","refund")',
    "dde": "=cmd|' /C calc'!A0",
    "plus": "+1+1",
    "minus": "-2+3",
    "at": "@SUM(1+1)",
    "typst": '#panic("x") #read("/etc/passwd") $ sum $ *b* _i_ `c` @ref <l> // /* \\u{41} #include "a.typ"',
    "markdown": "![x](https://evil.example/p.png) [y](javascript:alert(1)) **b** # h | pipe | `t` <b>",
    "links": "https://evil.example www.evil.example me@evil.example ftp://evil.example",
    "jinja": "{{ 7*7 }}{% include '/etc/passwd' %}",
    "template": "{amount} {0.__class__} %s ${x}",
    "xml": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;]]>',
    "latex": "\\input{/etc/passwd} $\\alpha$",
    "lines": "one\r\ntwo\u2028three\u2029four\x00\x0b",
    "long": "W" * 10_000,
    "zalgo": "a" + "\u0301" * 500,
    "emoji": "👩‍👩‍👧 \U000e0041\U0001f600",
    "lone": "\ud800",
}


def hostile_dossier() -> Dossier:
    """The sample with hostile text wherever somebody else's words can stand."""
    plain = sample_dossier()
    texts = cycle(HOSTILE.values())
    result = plain.result
    assets = {row.asset: row.asset._replace(symbol=next(texts)) for row in result.flows}

    def renamed(row: Any) -> Any:
        return row._replace(asset=assets.get(row.asset, row.asset))

    endpoints = tuple(
        renamed(row)._replace(
            entity=next(texts),
            label_source=next(texts),
            rule=next(texts),
            principal=tuple(map(renamed, row.principal)),
        )
        for row in (*result.endpoints, *result.endpoints)
    )
    result = result._replace(
        endpoints=endpoints,
        origins=tuple(map(renamed, result.origins)),
        flows=tuple(map(renamed, result.flows)),
        addresses=tuple(
            renamed(row)._replace(marks=(next(texts), f"{next(texts)} [exchange; {next(texts)}]"))
            for row in result.addresses
        ),
        methods=tuple(renamed(row)._replace(principal=tuple(map(renamed, row.principal))) for row in result.methods),
        unverified=tuple(result.unverified[0]._replace(symbol=text, asset=text, why=text) for text in HOSTILE.values()),
        gaps=tuple(Gap(result.gaps[0].kind, text, text) for text in HOSTILE.values()),
        notes=tuple(HOSTILE.values()),
        bounds=tuple(map(renamed, result.bounds)),
        involved=tuple(renamed(row)._replace(rule=next(texts)) for row in result.involved),
        deposits=tuple(
            renamed(row)._replace(entity=next(texts), hub_source=next(texts), rule=next(texts), against=(next(texts),))
            for row in result.deposits
        ),
        freezes=tuple(
            renamed(row)._replace(issuer=next(texts), proposal=next(texts), why=(next(texts),))
            for row in result.freezes
        ),
        prices=tuple(renamed(row)._replace(source=next(texts)) for row in result.prices),
        corroborations=tuple(
            row._replace(first=next(texts), second=next(texts), why=(next(texts),)) for row in result.corroborations
        ),
        inclusions=tuple(
            row._replace(hash=next(texts), source=next(texts), why=next(texts)) for row in result.inclusions
        ),
    )
    labels = {
        (row.chain, row.address): tuple(
            Label(row.chain, row.address, text, "exchange", text, text, 70, url=text, checked=text)  # type: ignore[arg-type]
            for text in HOSTILE.values()
        )
        for row in result.addresses[:2]
    }
    known = {key: assets.get(asset, asset) for key, asset in plain.assets.items()}
    return replace(plain, result=result, labels=labels, assets=known)


def hostile_paper(lang: str = "en") -> Paper:
    """A paper with every block and every kind of span, each with every hostile text made harmless."""
    spans = [
        Span(clean(text, 20_000 if kind in (PLAIN, CODE) else 200), kind) for text in HOSTILE.values() for kind in KINDS
    ]
    said = tuple(spans)
    cells = tuple((cell(span), cell(span, "second line", value=Exact(-1234, 3))) for span in spans)
    facts = Facts(tuple((span.text[:40] or "-", cell(span, value=Moment(0))) for span in spans))
    hash_ = Span("0x" + "ab" * 32, CODE, "https://etherscan.io/tx/0x" + "ab" * 32)
    blocks = (
        Heading(1, clean(HOSTILE["script"]), "h1"),
        Heading(2, clean(HOSTILE["typst"]), "h2"),
        Para(said),
        Para(line("A hash ", hash_, " in a sentence.")),
        Bullets((said[:8], line(Span("your name", BLANK)))),
        Bullets((said[8:16],), numbered=True),
        Bullets((said[16:24],), boxes=True),
        Table(
            "t", clean(HOSTILE["markdown"], 200), (Column("A", 30), Column("B", 10, right=True)), cells, line("more")
        ),
        facts,
        Card("endpoint-1", line(Span("[Name · source]", LABEL)), (Para(said), facts, Code("trace verify CASE"))),
        Notice("warning", (said[:4], said[4:8])),
        Notice("stop", (line(Span("≈ rule (80/100)", INFERENCE)),)),
        Contents(),
        Figure("flow", clean(HOSTILE["script"]), clean(HOSTILE["image"]), SVG),
        Code("\n".join(clean(text, 300) for text in HOSTILE.values())),
        Break(),
        Heading(1, "Last", "last"),
    )
    terms = {"contents": "Contents", "fact": "fact", "label": "label", "inference": "inference", "lead": "lead",
             "to_fill": "to be filled in", "left_out": "left out", "page_of": "page {page} of {pages}"}  # fmt: skip
    return Paper(
        clean(HOSTILE["script"]), clean(HOSTILE["typst"]), lang, "SFT-00000000", "ab" * 32, 1_790_000_000,
        "SFT-00000000", terms, blocks,
    )  # fmt: skip


SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100" width="200" height="100"><title>t</title>'
    '<rect x="5" y="5" width="60" height="30" fill="none" stroke="black"/>'
    '<text x="10" y="25" font-family="Noto Sans SC" font-size="10">地址 A &lt;b&gt;</text></svg>'
)
