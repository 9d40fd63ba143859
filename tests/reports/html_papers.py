"""Made-up papers for the HTML format: one with every block and every trap, and pictures of any size."""

from __future__ import annotations

from typing import Any, Final

from reports.draft import TERMS
from reports.paper import (
    BLANK,
    CODE,
    INFERENCE,
    LABEL,
    LEAD,
    QUIET,
    STRONG,
    Block,
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
from tracer.words import words

MADE: Final = 1_767_322_800
EXPLORER: Final = "https://etherscan.io"
HOSTILE: Final = (
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\"'><svg onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "javascript:alert(1)",
    "a\u2028b\u2029c]]>",
)


def address(number: int) -> str:
    """A made-up address."""
    return f"0x{number * 7919:040x}"


def tx(number: int) -> str:
    """A made-up transaction hash."""
    return f"0x{number * 104_729:064x}"


def code(kind: str, name: str) -> Span:
    """An address or hash with its page."""
    return Span(name, CODE, f"{EXPLORER}/{kind}/{name}")


def _node(number: int, role: str, x: int, y: int, name: str) -> dict[str, Any]:
    whole, ends = address(number), role not in {"victim", "wallet"}
    return {
        "id": f"n{number}",
        "x": x,
        "y": y,
        "chain": "eip155:1",
        "chain_name": "Ethereum",
        "address": whole,
        "short": f"{whole[:6]}…{whole[-4:]}",
        "name": name,
        "role": role,
        "role_name": role,
        "reasons": ["exchange 5 USDT"] if ends else [],
        "hop": number % 9,
        "card": f"endpoint-{number}" if ends else "",
        "received": "10 USDT",
        "held": "5 USDT" if ends else "",
        "first": "2026-01-02 03:00:00 UTC",
        "share": 10_000 // number,
        "explorer": f"{EXPLORER}/address/{whole}",
    }


def _edge(number: int, sender: int, receiver: int) -> dict[str, Any]:
    native = number % 5 == 0
    flow = {
        "number": number,
        "tx": tx(number),
        "url": f"{EXPLORER}/tx/{tx(number)}",
        "time": "2026-01-02 03:00:00 UTC",
        "amount": "20 USDT",
        "traced": "10 USDT",
    }
    return {
        "id": f"e{number}",
        "from": f"n{sender}",
        "to": f"n{receiver}",
        "asset": "ETH" if native else "USDT",
        "asset_id": "eth" if native else "usdt",
        "amount": "20 USDT",
        "traced": "10 USDT",
        "share": 10_000 // number,
        "inference": number % 7 == 0,
        "kind": "payment",
        "kind_name": "payment",
        "time_first": "2026-01-02 03:00:00 UTC",
        "time_last": "2026-01-02 03:00:00 UTC",
        "flows": [flow],
    }


def graph(nodes: int = 12, edges: int = 16, name: str = "[Binance · a list]") -> dict[str, Any]:
    """A picture in the shape of reports/picture/data.py: a tree from node 1, and further payments across it."""
    roles = {1: "victim", nodes: "exchange", nodes - 1: "held"}
    column = max(4, nodes // 40)
    drawn = [
        _node(
            one,
            roles.get(one, "wallet"),
            280 * ((one - 1) // column),
            90 * ((one - 1) % column),
            name if one == nodes else "",
        )
        for one in range(1, nodes + 1)
    ]
    parents = {one: max(1, one - column) for one in range(2, nodes + 1)}
    paid = [(parent, child) for child, parent in parents.items()]
    paid += [(1 + one * 31 % nodes, 1 + one * 17 % nodes) for one in range(1, edges - len(paid) + 1)]
    way, at = [], nodes
    while at != 1:
        way.append(f"e{at - 1}")
        at = parents[at]
    return {
        "nodes": drawn,
        "edges": [_edge(number, *pair) for number, pair in enumerate(paid, 1)],
        "assets": [
            {"id": "usdt", "symbol": "USDT", "chain_name": "Ethereum", "share": 10_000},
            {"id": "eth", "symbol": "ETH", "chain_name": "Ethereum", "share": 2_000},
        ],
        "endpoints": [
            {"node": f"n{nodes}", "card": f"endpoint-{nodes}", "name": f"{name} 5 USDT", "way": way},
            {"node": f"n{nodes - 1}", "card": "", "name": "0x12…34", "way": []},
        ],
        "roles": [{"role": role, "name": role} for role in ("victim", "wallet", "exchange", "held")],
        "left_out": {"nodes": 0, "flows": 0, "text": ""},
        "size": {"width": 900, "height": 500},
    }


SVG: Final = (
    '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 300"><title>flows</title>'
    '<path d="M80 150H820" stroke="#333" stroke-width="4"/><circle cx="80" cy="150" r="40" fill="#9cf"/>'
    '<rect x="780" y="110" width="90" height="80" fill="#fc9"/><text x="400" y="140">10 USDT</text></svg>'
)


def picture(drawn: dict[str, Any] | None = None) -> Figure:
    """A flow picture; by itself a still one."""
    alt = "From the victim 10 USDT went by one wallet to an exchange."
    return Figure("flow", "Where the money went", alt, SVG, drawn)


def payments(rows: int) -> Table:
    """A table of payments as wide as the report's."""
    columns = (
        Column("#", 4, right=True),
        Column("Time", 16),
        Column("From, to, transaction", 60),
        Column("Amount", 12, right=True),
        Column("Traced", 12, right=True),
    )
    codes = [
        (code("address", address(n)), line("→ ", code("address", address(n + 1))), code("tx", tx(n)))
        for n in range(1, rows + 1)
    ]
    return Table(
        "flows",
        "Payments that carried stolen value",
        columns,
        tuple(
            (
                cell(str(number), value=number),
                cell("2026-01-02 03:00:00 UTC", "2026-01-02 11:00:00 UTC+08:00", value=Moment(MADE)),
                cell(*three),
                cell("1,234.5 USDT", value=Exact(1_234_500_000, 6)),
                cell(Span("1,000 USDT", STRONG), value=Exact(1_000_000_000, 6)),
            )
            for number, three in enumerate(codes, 1)
        ),
        line("Left out: 7 payments. The spreadsheet has all."),
    )


def _front() -> tuple[Block, ...]:
    return (
        Para(line("Before the first heading.")),
        Heading(1, "Summary", "summary"),
        Para(
            line(
                "Received by ",
                Span("[Binance · a list]", LABEL),
                ", perhaps ",
                Span("≈ a deposit address (80)", INFERENCE),
                ", ",
                Span("◇ a lead", LEAD),
                ", ",
                Span("quiet", QUIET),
                ", see ",
                Span("the payments", url="#flows"),
                " and ",
                Span("nowhere", url="#nowhere"),
            )
        ),
        Notice("note", (line("A note."),)),
        Notice("warning", (line("Some histories are incomplete."), line("See the limits."))),
        Notice("stop", (line("Never give your mnemonic to anybody."),)),
        Bullets((line("one"), line("two"))),
        Bullets((line("first"), line("second")), numbered=True),
        Bullets((line("a receipt"), line("a statement")), boxes=True),
        Heading(2, "Parts", "parts"),
        Facts(
            (
                ("Stolen", cell(Span("1,234.5 USDT", STRONG))),
                ("Signed", cell(Span("name and date", BLANK))),
                ("Victim", cell(code("address", address(1)), Span("[own · user]", LABEL))),
            )
        ),
    )


def _back(rows: int, drawn: dict[str, Any]) -> tuple[Block, ...]:
    inside: tuple[Block, ...] = (
        Facts((("Amount", cell("5 USDT")), ("Address", cell(code("address", address(12)))))),
        Heading(3, "Evidence", "evidence"),
        Para(line("It received it.")),
    )
    return (
        Heading(1, "Flow picture", "picture"),
        picture(drawn),
        Heading(1, "Payments", "flows"),
        payments(rows),
        Contents(),
        Break(),
        Heading(1, "Endpoints", "endpoints"),
        Card(
            "endpoint-12",
            line("1 · ", code("address", address(12)), " ", Span("[Binance · a list]", LABEL)),
            inside,
        ),
        Card("endpoint-11", line("2 · resting"), (Para(line("Still there.")),)),
        Heading(3, "Deep at once", "deep"),
        Code("trace verify cases/demo\ntrace report cases/demo"),
    )


def paper(*blocks: Block, lang: str = "en", rows: int = 3, drawn: dict[str, Any] | None = None) -> Paper:
    """A paper of these blocks, or with no blocks one that has every kind."""
    w = words(lang)
    terms = {term: w(f"paper.term.{term}") for term in TERMS}
    terms["page_of"] = w("paper.term.page_of", page="{page}", pages="{pages}")
    whole = blocks or (*_front(), *_back(rows, drawn or graph()))
    title, subtitle = w("report.title"), w("report.subtitle")
    return Paper(title, subtitle, lang, "demo", "5e" * 32, MADE, "demo · dossier 5e5e…", terms, whole)


def hostile() -> Paper:
    """A paper in which every text that others may have written tries to break out."""
    blocks: list[Block] = []
    for number, text in enumerate(HOSTILE):
        span = Span(text, LABEL, text)
        drawn = graph(name=text)
        drawn["nodes"][3]["explorer"] = text
        blocks += [
            Heading(1, text, text),
            Para(line(text, span, Span(text, CODE, f"https://x/{text}"))),
            Bullets((line(span),)),
            Table(text, text, (Column(text),), ((cell(text, span),),), line(text)),
            Facts(((text, cell(span)),)),
            Card(text, line(text), (Para(line(span)),)),
            Notice("note", (line(text),)),
            Figure(f"f{number}", text, text, SVG, drawn),
            Code(text),
        ]
    whole = paper(*blocks)
    return whole._replace(title="".join(HOSTILE), reference=HOSTILE[0], footer="".join(HOSTILE))
