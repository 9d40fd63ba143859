"""The rules of the house that a machine can hold: what imports what, sizes, no floats near money, nothing that signs.

They read the code as it stands, so a new module is under them from its first day. Where a rule has an exception, the
exception stands in a table here with its reason.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from chains.reader import source_kinds

ROOT: Final = Path(__file__).parent.parent
PACKAGES: Final = ("chains", "reports", "tracer")

MODULE_LINES: Final = 400
FUNCTION_LINES: Final = 40

CHECKER: Final = ROOT / "tracer" / "data" / "verify.py"
"""Goes to strangers in every bundle: one file by its purpose, imported by nothing here and importing nothing of here.
tests/verify holds it to rules of its own."""

MAY_IMPORT: Final = {
    "chains": {"chains"},
    "tracer": {"chains", "tracer"},
    "reports": {"chains", "tracer", "reports"},
    "cli": {"chains", "tracer", "reports", "cli"},
}
"""One direction: chains ← tracer ← reports ← tracer.cli."""

WITH_WEB3: Final = {"eth_abi", "eth_account", "eth_keys", "eth_typing", "eth_utils", "websockets"}
"""Packages that web3 8 brings along and whose versions it decides."""

IMPORTED_AS: Final = {
    "fonttools": "fontTools",
    "python-docx": "docx",
    "pyyaml": "yaml",
    "rfc3161-client": "rfc3161_client",
}

FLOATS: Final = {
    "chains/http.py": "paces and waiting times",
    "chains/registry.py": "paces",
    "chains/explorer_answers.py": "waiting times",
    "chains/hypersync_answers.py": "waiting times",
    "chains/rpc_errors.py": "waiting times",
    "chains/scan_budget.py": "pauses",
    "chains/scan_reader.py": "waiting times",
    "chains/sqd_portal.py": "waiting times",
    "chains/trongrid_answers.py": "waiting times",
    "tracer/config.py": "paces",
    "tracer/cli/run.py": "elapsed time",
    "tracer/cli/demo.py": "elapsed time",
    "reports/progress.py": "elapsed time",
    "reports/watch/screen.py": "pauses",
    "tracer/watch/chain_watch.py": "elapsed time",
    "tracer/watch/engine.py": "pauses",
    "tracer/watch/pulse.py": "pauses",
    "tracer/watch/view.py": "pauses",
    "reports/sources_table.py": "paces",
}
"""Modules that may use floats, and what for: never for amounts or prices."""

RPC_PREFIXES: Final = (
    *("eth", "net", "web3", "debug", "trace", "ots", "arbtrace", "parity", "txpool", "erigon", "otterscan"),
    *("personal", "admin", "miner", "engine", "account", "wallet", "anvil", "hardhat", "evm", "clique", "les"),
)
READING_METHODS: Final = {
    *("eth_blockNumber", "eth_call", "eth_chainId", "eth_getBalance", "eth_getBlockByHash", "eth_getBlockByNumber"),
    *("eth_getBlockReceipts", "eth_getCode", "eth_getLogs", "eth_getTransactionByHash", "eth_getTransactionCount"),
    "eth_getTransactionReceipt",
    *("debug_traceBlockByNumber", "debug_traceTransaction", "trace_address", "trace_block", "trace_filter"),
    *("trace_transaction", "ots_getApiLevel", "ots_getInternalOperations", "ots_searchTransactionsAfter"),
}
"""Every JSON-RPC method this program may name. Each only reads."""

NOT_METHODS: Final = {"eth_account", "trace_case", "trace_address", "trace_id", "trace_window"}
"""Words that look like methods and are the names of a package, a function, and a field of answers."""

WRITING_PATHS: Final = re.compile(
    r"(create|broadcast|easytransfer|sign|deploy|trigger(?!constant)\w*contract|freeze|vote)", re.IGNORECASE
)
SPEAKING: Final = {"print", "click.echo", "sys.stdout.write", "sys.stderr.write"}
PATHS: Final = r"\b(folder|path|parent|file|Path|cases_folder|user_config_path|package)\b|/ f?['\"]"
EXACT: Final = {"tracer/worth.py": r"/ usd\b", "chains/http.py": r"/ endpoint\.rate"}
"""Divisions that are no division of amounts: by a Fraction, and of a second by a pace."""

SIGNING: Final = {
    *("sign_transaction", "send_transaction", "send_raw_transaction", "sign_message", "sign_typed_data", "from_key"),
    *("from_mnemonic", "unlock_account", "import_raw_key", "replace_transaction", "modify_transaction"),
}

KEY_SHAPES: Final = {
    "a key in a query": re.compile(
        r"(?i)[?&](?:api_?key|token|key)=(?!\*|\{|REDACTED|MASKED|\.\.\.|…)[A-Za-z0-9_-]{16,}"
    ),
    "a bearer token": re.compile(r"(?i)bearer\s+(?!\*)[A-Za-z0-9._-]{20,}"),
    "a Blockscout key": re.compile(r"proapi_[A-Za-z0-9]{8,}"),
    "a private key in PEM": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an extended private key": re.compile(r"\b[xyz]prv[1-9A-HJ-NP-Za-km-z]{80,}"),
    "a JSON web token": re.compile(r"\beyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{10,}"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}"),
}
SECRET_HEADERS: Final = re.compile(r"(?im)^\s*(authorization|tron-pro-api-key|x-api-key|cookie|set-cookie)\s*:")
TEXTS: Final = (
    ".cfg",
    ".csv",
    ".json",
    ".lock",
    ".md",
    ".mjs",
    ".py",
    ".sol",
    ".sql",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
    "",
)
SKIPPED: Final = {
    ".git",
    ".venv",
    "node_modules",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    "__pycache__",
    "dist",
    "cases",
}


class Module(NamedTuple):
    """One module of the product: its path from the project's root, its text, its syntax tree."""

    name: str
    text: str
    tree: ast.Module

    def nodes(self) -> Sequence[ast.AST]:
        """Every node of the tree."""
        return _nodes(self.tree)


@cache
def _nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))


def _parsed(name: str, text: str) -> Module:
    return Module(name, text, ast.parse(text))


@cache
def modules() -> list[Module]:
    """The product, read when the first rule is held to it: every worker imports this file, one runs it."""
    return [
        _parsed(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if path != CHECKER
    ]


def _layer(name: str) -> str:
    """The layer of a module path (`tracer/fold.py`) or of an imported name (`tracer.fold`)."""
    parts = re.split(r"[./]", name)
    return "cli" if parts[:2] in (["tracer", "cli"], ["tracer", "__main__"]) else parts[0]


def _imports(module: Module) -> Iterator[str]:
    for node in module.nodes():
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _strings(module: Module) -> Iterator[str]:
    for node in module.nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def imports_point_one_way(module: Module) -> Iterator[str]:
    """Chains knows nothing of tracer, tracer nothing of reports; only the command line knows all three."""
    for one in _imports(module):
        if one.split(".")[0] in (*PACKAGES, "tests") and _layer(one) not in MAY_IMPORT[_layer(module.name)]:
            yield f"imports {one}"


def modules_stay_small(module: Module) -> Iterator[str]:
    """No module is longer than 400 lines."""
    lines = len(module.text.splitlines())
    if lines > MODULE_LINES:
        yield f"has {lines} lines"


def functions_stay_small(module: Module) -> Iterator[str]:
    """No function is longer than 40 lines; neither signature nor docstring makes it harder to follow."""
    for node in module.nodes():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if lines > FUNCTION_LINES:
                yield f"{node.name} has {lines} lines"


def modules_say_what_they_are(module: Module) -> Iterator[str]:
    """Every module that holds code begins with a docstring."""
    if module.tree.body and not ast.get_docstring(module.tree):
        yield "has no docstring"


def no_floats_near_money(module: Module) -> Iterator[str]:
    """Floats appear only in the modules named above, for paces and waiting times."""
    for node in module.nodes() if module.name not in FLOATS else ():
        if (isinstance(node, ast.Constant) and isinstance(node.value, float)) or (
            isinstance(node, ast.Name) and node.id == "float"
        ):
            yield f"line {node.lineno}: a float"


def no_true_division(module: Module) -> Iterator[str]:
    """`/` joins paths and divides fractions (exact); everything else is divided by `//`."""
    for node in module.nodes():
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            text = ast.unparse(node)
            if not any(re.search(allowed, text) for allowed in (PATHS, EXACT.get(module.name, "(?!)"))):
                yield f"line {node.lineno}: {text}"


def no_broad_except(module: Module) -> Iterator[str]:
    """Nothing is caught that is not understood; a broad handler may only clean up and raise again."""
    for node in module.nodes():
        if isinstance(node, ast.ExceptHandler):
            caught = "everything" if node.type is None else ast.unparse(node.type)
            last = node.body[-1]
            again = isinstance(last, ast.Raise) and last.exc is None
            if re.search(r"\b(everything|Exception|BaseException)\b", caught) and not again:
                yield f"line {node.lineno}: catches {caught}"


def only_reading_methods(module: Module) -> Iterator[str]:
    """Whatever looks like a JSON-RPC method is on the list of those that only read."""
    method = re.compile(rf"({'|'.join(RPC_PREFIXES)})_[a-zA-Z]+")
    for text in _strings(module):
        if method.fullmatch(text) and text not in READING_METHODS | NOT_METHODS:
            yield f"names {text}"


def only_reading_paths(module: Module) -> Iterator[str]:
    """No path of the TRON node API that makes, signs or sends a transaction is named."""
    for text in _strings(module):
        if re.match(r"/?wallet(solidity)?/", text) and WRITING_PATHS.search(text):
            yield f"names {text}"


def nothing_signs_or_sends(module: Module) -> Iterator[str]:
    """No attribute is used by which a library would sign or send a transaction."""
    for node in module.nodes():
        if isinstance(node, ast.Attribute) and node.attr in SIGNING:
            yield f"line {node.lineno}: {node.attr}"


def only_the_command_line_speaks(module: Module) -> Iterator[str]:
    """Nothing below the command line prints or writes to the standard streams by itself."""
    for node in module.nodes() if _layer(module.name) != "cli" else ():
        if isinstance(node, ast.Call) and ast.unparse(node.func) in SPEAKING:
            yield f"line {node.lineno}: {ast.unparse(node.func)}"


RULES: Final[Sequence[tuple[Callable[[Module], Iterator[str]], str, str]]] = (
    (imports_point_one_way, "chains/bad.py", "from tracer.fold import Fold"),
    (imports_point_one_way, "tracer/bad.py", "import reports.terminal"),
    (imports_point_one_way, "reports/bad.py", "from tracer.cli import main"),
    (imports_point_one_way, "tracer/cli/bad.py", "from tests.lab import serve"),
    (modules_stay_small, "tracer/bad.py", "x = 1\n" * 401),
    (functions_stay_small, "tracer/bad.py", "def f():\n" + "    x = 1\n" * 41),
    (modules_say_what_they_are, "tracer/bad.py", "x = 1"),
    (no_floats_near_money, "tracer/fold.py", "x = 0.5"),
    (no_floats_near_money, "chains/evm_records.py", "x = float('1')"),
    (no_true_division, "tracer/fold.py", "x = amount / 2"),
    (no_true_division, "tracer/fold.py", "amount /= total"),
    (no_broad_except, "tracer/bad.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (no_broad_except, "tracer/bad.py", "try:\n    f()\nexcept:\n    raise ValueError"),
    (only_reading_methods, "chains/bad.py", "x = 'eth_sendRawTransaction'"),
    (only_reading_methods, "chains/bad.py", "x = 'personal_unlockAccount'"),
    (only_reading_paths, "chains/bad.py", "x = '/wallet/broadcasttransaction'"),
    (only_reading_paths, "chains/bad.py", "x = '/wallet/triggersmartcontract'"),
    (nothing_signs_or_sends, "chains/bad.py", "web3.eth.send_transaction({})"),
    (only_the_command_line_speaks, "reports/bad.py", "print('hello')"),
)
"""Each rule with code that breaks it."""


def _rule_name(value: object) -> str | None:
    return getattr(value, "__name__", None)


def test_the_rules_see_the_code() -> None:
    """The walk finds every package; an empty walk would pass everything."""
    assert {module.name.split("/")[0] for module in modules()} == set(PACKAGES)
    assert len(modules()) > 60
    assert "eth_getTransactionReceipt" in {text for module in modules() for text in _strings(module)}


@pytest.mark.parametrize("rule", list(dict.fromkeys(rule for rule, _, _ in RULES)), ids=_rule_name)
def test_the_code_keeps_the_rule(rule: Callable[[Module], Iterator[str]]) -> None:
    """No module of the product breaks the rule."""
    assert not [f"{module.name} {why}" for module in modules() for why in rule(module)]


@pytest.mark.parametrize(("rule", "name", "text"), RULES, ids=_rule_name)
def test_the_rule_sees_what_breaks_it(rule: Callable[[Module], Iterator[str]], name: str, text: str) -> None:
    """A rule that could not fail would hold nothing."""
    assert list(rule(_parsed(name, text)))


def test_every_imported_package_is_declared() -> None:
    """What the code imports is in pyproject.toml (or is web3's own), so that an installation has it."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = {re.split(r"[<>=~!\[ ]", one)[0] for one in table["project"]["dependencies"]}
    declared |= {IMPORTED_AS[one] for one in declared & IMPORTED_AS.keys()}
    used = {one.split(".")[0] for module in modules() for one in _imports(module)}
    assert used <= {*sys.stdlib_module_names, *PACKAGES, *declared, *WITH_WEB3}


def _project_texts() -> Iterator[Path]:
    for folder, below, names in os.walk(ROOT):
        below[:] = sorted(set(below) - SKIPPED)
        yield from (Path(folder, name) for name in sorted(names) if Path(name).suffix in TEXTS)


def test_no_key_lies_about() -> None:
    """No file of the project holds something shaped like a key or token."""
    found = [
        f"{path.relative_to(ROOT)}: {what}"
        for path in _project_texts()
        if "test" not in path.name
        for text in (path.read_text(encoding="utf-8", errors="replace"),)
        for what, shape in KEY_SHAPES.items()
        if shape.search(text)
    ]
    assert not found


@pytest.mark.parametrize(
    "cassette", sorted((ROOT / "fixtures").rglob("*.yaml")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_cassettes_are_small_local_and_hold_no_keys(cassette: Path) -> None:
    """A cassette is small, was recorded against this machine, and holds no header that carries a key."""
    text = cassette.read_text(encoding="utf-8")
    assert len(text) < 100_000
    assert not SECRET_HEADERS.search(text)
    hosts = set(re.findall(r"uri: https?://([^/:\s]+)", text))
    allowed = re.compile(r"127\.0\.0\.1|localhost|[a-z0-9.-]+\.(invalid|test|example)")
    assert hosts
    assert not [host for host in hosts if not allowed.fullmatch(host)]


@pytest.mark.parametrize("kind", sorted(source_kinds()))
def test_every_source_has_fixtures_and_a_section(kind: str) -> None:
    """A source comes with recorded answers and with a section that says what it leaves out."""
    assert list((ROOT / "fixtures" / "chains" / kind).rglob("*.*")), f"fixtures/chains/{kind} is empty"
    sections = re.findall(r"(?m)^## (\S+)$", (ROOT / "docs" / "sources.md").read_text(encoding="utf-8"))
    assert kind in sections
