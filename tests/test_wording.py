"""The linter of words: nobody is accused, nothing is left untranslated, and no figure is formatted by hand.

Rules read whatever there is: the catalogue, the documentation, the papers as drawn, the code that draws them. Where one
has an exception, it stands in a table here with its reason; and each is proved by something that it must refuse.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Final

import pytest

from reports.paper import LABEL, Block, Card, Cell, Facts, Line, Table
from reports.report import report
from tests.reports.papers import dossier, draft, sample_dossier, tron_dossier
from tracer.words import catalogue

ROOT: Final = Path(__file__).parent.parent

NAMING: Final = re.compile(
    r"\b(hackers?|thie(f|ves)|culprits?|crooks?|criminals?|scammers?|fraudsters?|perpetrators?|offenders?|robbers?"
    r"|launder\w*|suspect(s|ed)?|guilty)\b"
    r"|黑客|窃贼|盗贼|小偷|骗子|凶手|罪犯|犯罪分子|犯罪人|嫌疑|嫌犯|真凶|洗钱|洗白|赃款|赃物|有罪",
    re.IGNORECASE,
)
"""Words that make somebody out to be something. No reader of a paper meets them but inside a label."""

_PERSON: Final = r"(hacker|thief|criminal|scammer|fraudster|perpetrator|launderer|culprit|suspect)"
VERDICT: Final = re.compile(
    rf"\b(hacker|culprit|perpetrator|criminal) (is|was)\b|\b(is|was|must be) (the|our) {_PERSON}\b"
    rf"|\b(address|wallet|account) (of|belonging to) the {_PERSON}\b|\b(launder(ed|ing)? (by|through)|laundered)\b"
    r"|\bstolen by (him|her|them)\b|黑客是|是(黑客|窃贼|盗贼|骗子|嫌疑人|犯罪嫌疑人)|犯罪嫌疑人|赃款|洗白|已被洗",
    re.IGNORECASE,
)
"""What the documentation may not say of anybody. It may speak of what thieves do; a paper may not even do that."""

NAMES: Final = re.compile(r"--[a-z-]+|\b(UTC(\+0)?|NFT|SHA-256|SM3|Python|FIFO|LIFO|TIHO|TXID|PDF|JSON|CSV|IC3|KYC)\b")
"""The same in every language."""

CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
ASIDE: Final = re.compile(r"\([^()]*\)|“[^”]*”")
QUOTES_CHINESE: Final = {"police.exhibits.law": "names Chinese rules by their own titles and numbers"}

ENGLISH_RUN: Final = re.compile(r"(?:\b[a-z]{2,}\b[ ,]+){4,}")
CHINESE_IN_CODE: Final = {
    "reports/layout.py": "which signs are two columns wide",
    "tracer/cli/labels_update.py": "what a person may answer",
}

FIGURES: Final = {
    "reports/numbers.py": "where figures are formatted",
    "reports/times.py": "where times are",
    "reports/progress.py": "elapsed time",
    "reports/sources_table.py": "paces",
    "tracer/cli/run.py": "elapsed time",
}
"""Modules that may format figures by themselves, and which."""

ONE_PLACE: Final = {
    ("reports/conversions.py", "(row.market * 100).quantize(_CENTS)"): "what came out, in % of what went in",
    (
        "reports/formats/interchange.py",
        "format(Decimal((int(value.units < 0), digits, -value.decimals)), 'f')",
    ): "exact",
}
"""Single places that may, and why."""

SPEC: Final = re.compile(r",?|[<>^]?(\d+|\{.*\})|0?\d+[xX]")
"""How a value may stand in a text: as it is, with thousands apart, in a column, or as a code point."""

DOCUMENTS: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
MODULES: Final = [*sorted((ROOT / "reports").rglob("*.py")), *sorted((ROOT / "tracer/cli").rglob("*.py"))]


def plain(text: str) -> str:
    """A text without the places that values are put in."""
    return " ".join(literal for literal, *_ in Formatter().parse(text))


def accuses(text: str) -> Iterator[str]:
    """Words for a person or deed that no paper may use."""
    yield from (found[0] for found in NAMING.finditer(text))


def judges(text: str) -> Iterator[str]:
    """A verdict on somebody."""
    yield from (found[0] for found in VERDICT.finditer(text))


def untranslated(key: str, en: str, zh: str) -> Iterator[str]:
    """A text that is still in the other language, as a whole or over a stretch."""
    left = NAMES.sub("", plain(zh))
    if re.search("[A-Za-z]", left) and not CHINESE.search(left):
        yield f"{key} has no Chinese: {zh}"
    if run := ENGLISH_RUN.search(re.sub(r"`[^`]*`", "", left)):
        yield f"{key} has English in its Chinese: {run[0]}"
    if key not in QUOTES_CHINESE and CHINESE.search(ASIDE.sub("", plain(en))):
        yield f"{key} has Chinese in its English: {en}"


parsed = cache(ast.parse)


def formats_by_hand(name: str, text: str) -> Iterator[str]:
    """A figure or time made into text elsewhere than in the two modules for it."""
    for node in ast.walk(parsed(text)):
        said = ast.unparse(node) if isinstance(node, ast.Call | ast.BinOp | ast.FormattedValue) else ""
        if name in FIGURES or (name, said) in ONE_PLACE:
            continue
        if isinstance(node, ast.FormattedValue):
            spec = ast.unparse(node.format_spec)[2:-1] if node.format_spec is not None else ""
            by_hand = not SPEC.fullmatch(spec) or any(isinstance(one, ast.Mod) for one in ast.walk(node.value))
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            by_hand = called in ("round", "format") or called.endswith((".strftime", ".quantize"))
        else:
            by_hand = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and _is_text(node.left)
        if by_hand:
            yield f"{name} line {getattr(node, 'lineno', 0)}: {said}"


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def speaks_by_itself(name: str, text: str) -> Iterator[str]:
    """Chinese in the code that draws papers: what a reader sees belongs into the catalogue, in both languages."""
    tree = parsed(text)
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree) if name not in CHINESE_IN_CODE else ():
        said = node.value if isinstance(node, ast.Constant) and id(node) not in notes else ""
        if isinstance(said, str) and CHINESE.search(said):
            yield f"{name}: {said}"


REFUSED: Final[Sequence[tuple[Callable[..., Iterator[str]], tuple[str, ...]]]] = (
    (accuses, ("The hacker sent it on.",)),
    (accuses, ("a thief's wallet",)),
    (accuses, ("money laundering",)),
    (accuses, ("该地址属于犯罪嫌疑人",)),
    (accuses, ("赃款已被洗白",)),
    (judges, ("The hacker is known.",)),
    (judges, ("he is the thief",)),
    (judges, ("the wallet of the launderer",)),
    (judges, ("The funds were laundered through a mixer.",)),
    (judges, ("黑客是某人",)),
    (judges, ("赃款已被兑换",)),
    (untranslated, ("one", "Where it is", "Where it is")),
    (untranslated, ("one", "Where it is now", "地址 where it is now found")),
    (untranslated, ("one", "这里", "这里")),
    (formats_by_hand, ("reports/bad.py", "x = f'{amount:.2f}'")),
    (formats_by_hand, ("reports/bad.py", "x = f'{amount:,.2f}'")),
    (formats_by_hand, ("reports/bad.py", "x = f'{share:.0%}'")),
    (formats_by_hand, ("reports/bad.py", "x = f'{share // 100}.{share % 100}'")),
    (formats_by_hand, ("reports/bad.py", "x = f'{moment:%Y-%m-%d}'")),
    (formats_by_hand, ("reports/bad.py", "x = round(amount, 2)")),
    (formats_by_hand, ("reports/bad.py", "x = '%d USDT' % amount")),
    (formats_by_hand, ("reports/bad.py", "x = format(amount, ',')")),
    (formats_by_hand, ("tracer/cli/bad.py", "x = moment.strftime('%H:%M')")),
    (formats_by_hand, ("reports/bad.py", "x = usd.quantize(CENT)")),
    (speaks_by_itself, ("reports/bad.py", "x = '被盗'")),
)
"""Each rule with what it must refuse."""


def _rule_name(value: object) -> str:
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(("rule", "given"), REFUSED, ids=_rule_name)
def test_the_rule_sees_what_breaks_it(rule: Callable[..., Iterator[str]], given: tuple[str, ...]) -> None:
    """A rule that could not fail would hold nothing."""
    assert list(rule(*given))


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        (accuses, ("The address received 5 ETH; nobody is accused.",)),
        (judges, ("A thief can make a token in a minute; whoever does is not known.",)),
        (untranslated, ("one", "Hash (SHA-256): {digest}", "SHA-256：{digest}")),
        (untranslated, ("one", "the decision (立案决定书)", "立案决定书")),
        (formats_by_hand, ("reports/good.py", "x = f'{count:,} {name:>3} {code:04x} {money(units, asset)}'")),
        (formats_by_hand, ("reports/numbers.py", "x = f'{usd:,.2f}'")),
    ],
    ids=_rule_name,
)
def test_the_rule_lets_good_words_pass(rule: Callable[..., Iterator[str]], given: tuple[str, ...]) -> None:
    """What is neutral, translated and formatted in its place is no fault."""
    assert not list(rule(*given))


def test_the_catalogue_accuses_nobody() -> None:
    """No text in either language has a word for a person who did it, or for laundering."""
    assert [text for texts in catalogue().values() for text in texts.values() if any(accuses(text))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_documentation_judges_nobody(document: Path) -> None:
    """No document gives a verdict on anybody."""
    assert not list(judges(document.read_text(encoding="utf-8")))


def _lines(block: Block) -> Iterator[Line]:
    """All lines of a block, those of its cells and of blocks within it too."""
    if isinstance(block, Card):
        yield block.title
        for within in block.blocks:
            yield from _lines(within)
        return
    cells: list[Cell] = []
    if isinstance(block, Table):
        cells = [cell for row in block.rows for cell in row]
        yield block.more
    elif isinstance(block, Facts):
        cells = [cell for _, cell in block.rows]
    for cell in cells:
        yield from cell.lines
    yield from (*getattr(block, "lines", ()), *getattr(block, "items", ()))
    yield getattr(block, "line", ())


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("made", [dossier, tron_dossier, sample_dossier], ids=_rule_name)
def test_the_report_accuses_nobody(made: Callable[[], object], lang: str) -> None:
    """As drawn, a report uses such a word only within a label, which is somebody else's."""
    paper = report(draft(made(), lang))  # type: ignore[arg-type]
    spans = [span for block in paper.blocks for line in _lines(block) for span in line]
    assert len(spans) > 500
    assert [span for span in spans if span.kind != LABEL and any(accuses(span.text))] == []


def test_nothing_is_left_untranslated() -> None:
    """No Chinese text is in English, and no English text in Chinese but for names quoted beside a translation."""
    assert [fault for key, texts in catalogue().items() for fault in untranslated(key, texts["en"], texts["zh"])] == []


@pytest.mark.parametrize("rule", [formats_by_hand, speaks_by_itself], ids=_rule_name)
def test_the_code_keeps_the_rule(rule: Callable[[str, str], Iterator[str]]) -> None:
    """No module that a reader sees the words of breaks the rule."""
    named = ((path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in MODULES)
    assert [fault for name, text in named for fault in rule(name, text)] == []


def test_every_exception_is_needed() -> None:
    """What the tables except is still there: an exception that nothing needs would hide the next fault."""
    assert all((ROOT / name).is_file() for name in (*FIGURES, *CHINESE_IN_CODE))
    assert all(CHINESE.search(ASIDE.sub("", catalogue()[key]["en"])) for key in QUOTES_CHINESE)
    for name, said in ONE_PLACE:
        tree = parsed((ROOT / name).read_text(encoding="utf-8"))
        assert said in {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
