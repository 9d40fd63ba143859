"""The documentation says what the program does: its commands, exit codes, reasons, keys, sources and links.

What is compared is read from the code on one side and from the text on the other, so neither can change alone.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Final

import click
import pytest

import tracer.cli
from chains.endpoints import source_table
from chains.http import Kind
from chains.reader import source_kinds
from chains.registry import Chain, load_chains
from tracer import errors
from tracer.config import load_config
from tracer.question import Question
from tracer.result import REASONS
from tracer.rules import SERVICE_COUNTERPARTIES, SERVICE_COUNTERPARTIES_A_DAY, SERVICE_ROWS
from tracer.words import LANGUAGES, words

ROOT: Final = Path(__file__).parent.parent
READMES: Final = ("README.md", "README.zh-CN.md")
PAGES: Final = sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _commands(lang: str = "en") -> dict[str, click.Command]:
    """Every command by name, its help in a language; `run` is the one that is called without its name."""
    return dict(tracer.cli.register(words(lang)).commands)


def _with_subcommands(lang: str = "en") -> dict[str, click.Command]:
    """The same, and the commands of a group by their full names."""
    found = _commands(lang)
    for name, group in list(found.items()):
        if isinstance(group, click.Group):
            found |= {f"{name} {inner}": command for inner, command in group.commands.items()}
    return found


def _exit_codes() -> set[int]:
    """Every code the program can end with: those of the error tree, and those that are no errors of it."""
    raised = {
        one.exit_code for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.TracerError)
    }
    return {0, 1, 3, tracer.cli.INTERRUPTED, tracer.cli.TERMINATED, tracer.cli.USAGE, tracer.cli.FAULT, *raised}


def _first_column(text: str, heading: str) -> list[str]:
    """The first cells of the table whose header row begins with ``heading``."""
    rows = text[text.index(f"| {heading} |") :].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    return [row.split("|")[1].strip() for row in rows]


@pytest.mark.parametrize("readme", READMES)
def test_every_command_is_documented(readme: str) -> None:
    """Each command stands in both READMEs."""
    found = set(_commands()) - {"run"}
    assert {"show", "verify", "graph"} <= found
    assert not [name for name in found if f"`trace {name}" not in _text(readme)]


@pytest.mark.parametrize(("readme", "heading"), [("README.md", "exit code"), ("README.zh-CN.md", "退出码")])
def test_every_exit_code_is_documented(readme: str, heading: str) -> None:
    """The table of exit codes has exactly the codes the program can end with."""
    assert {int(code) for code in _first_column(_text(readme), heading)} == _exit_codes()


@pytest.mark.parametrize("readme", READMES)
def test_every_key_is_documented(readme: str) -> None:
    """Each environment variable that holds a key stands in both READMEs, and no other."""
    known = {row["key_env"] for row in source_table().values() if "key_env" in row}
    named = set(re.findall(r"`([A-Z]+_(?:API_KEY|TOKEN))`", _text(readme)))
    assert named == known


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_gives_the_two_commands_and_the_real_use(readme: str) -> None:
    """`make demo`, `make test` and the real use stand together, in this order."""
    block = _text(readme).split("make demo", 1)[1].split("\n\n")[0].splitlines()
    assert "make test" in block[1]
    assert ".venv/bin/trace" in block[2]
    assert "--since" in block[2]


def test_both_readmes_have_the_same_shape() -> None:
    """Neither language has a section or a table row that the other lacks."""
    shapes = [[line.split()[0] for line in _text(readme).splitlines() if line.startswith("#")] for readme in READMES]
    assert shapes[0] == shapes[1]
    rows = [sum(line.startswith("|") for line in _text(readme).splitlines()) for readme in READMES]
    assert rows[0] == rows[1]


def test_options_in_the_readme_exist() -> None:
    """Every option a README names is one the program takes."""
    known = {name for command in _with_subcommands().values() for option in command.params for name in option.opts}
    named = {one for readme in READMES for one in re.findall(r"(?<![\w-])--[a-z][a-z-]*", _text(readme))}
    assert named - known <= {"--help"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_option_has_a_help_text(lang: str) -> None:
    """`--help` explains each command and each of its options, in both languages."""
    commands = _with_subcommands(lang)
    assert not [name for name, command in commands.items() if not command.help]
    silent = [
        f"{name} {option.name}"
        for name, command in commands.items()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert not silent


@pytest.mark.parametrize("chain", list(load_chains().values()), ids=lambda chain: chain.name)
def test_every_chain_is_documented_with_its_sources(chain: Chain) -> None:
    """docs/sources.md names each chain with exactly the sources that serve it, in the order they are asked."""
    row = next(line for line in _text("docs/sources.md").splitlines() if line.startswith(f"| {chain.name} |"))
    told = [part.split()[0] for part in row.split("|")[2].split(", ")]
    assert told == list(chain.sources)


def test_every_source_name_is_documented() -> None:
    """Each name that can be replaced has a section in docs/sources.md, and each section is such a name."""
    sections = set(re.findall(r"(?m)^## ([a-z]+)$", _text("docs/sources.md")))
    assert sections == set(source_table())
    assert set(source_kinds()) <= sections


@pytest.mark.parametrize("page", ["docs/glossary.md", "docs/method.md"])
def test_every_reason_is_documented(page: str) -> None:
    """The glossary and the method explain each reason a trail may end."""
    text = _text(page)
    assert not [one for one in REASONS if not re.search(rf"(?m)^\|[^|]*\b{one}\b[^|]*\|", text)]


def test_the_schema_knows_the_same_reasons() -> None:
    """The JSON schema allows exactly the reasons of the code."""
    schema = json.loads(_text("docs/trace.schema.json"))
    assert set(schema["$defs"]["reason"]["enum"]) == set(REASONS)


def test_every_gap_kind_is_documented() -> None:
    """docs/evidence.md explains exactly the kinds of gap that the schema allows and the code makes."""
    schema = json.loads(_text("docs/trace.schema.json"))
    kinds = set(schema["properties"]["gaps"]["items"]["properties"]["kind"]["enum"])
    assert {cell.strip("`") for cell in _first_column(_text("docs/evidence.md"), "kind")} == kinds
    made = {
        one
        for path in (ROOT / "tracer").glob("*.py")
        for one in re.findall(r'\bGap\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert made
    assert made <= kinds


def test_every_table_of_the_case_is_documented() -> None:
    """docs/evidence.md explains exactly the tables of the case database."""
    tables = set(re.findall(r"CREATE TABLE IF NOT EXISTS (\w+)", _text("tracer/schema.sql")))
    assert {cell.strip("`") for cell in _first_column(_text("docs/evidence.md"), "table")} == tables


def test_every_answer_kind_is_documented() -> None:
    """docs/evidence.md names each thing an answer can be taken for."""
    line = next(
        line for line in _text("docs/evidence.md").splitlines() if line.startswith("What an answer was taken for")
    )
    assert [one.strip(" .") for one in line.split(":")[1].split(",")] == [str(kind) for kind in Kind]


def test_the_method_gives_the_numbers_of_the_code() -> None:
    """Limits and defaults in docs/method.md are those the code uses."""
    text = _text("docs/method.md")
    numbers = (
        f"{SERVICE_ROWS:,} movements",
        f"{SERVICE_COUNTERPARTIES:,} different",
        f"{SERVICE_COUNTERPARTIES_A_DAY} within a day",
    )
    question = Question(())
    defaults = (f"(default {question.max_hops})", f"(default {question.max_addresses})")
    assert not [one for one in (*numbers, *defaults) if one not in text.replace("\n", " ")]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link points to a file of the project."""
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", _text(page))
    assert not [one for one in targets if not (ROOT / page).parent.joinpath(one).exists()]


@pytest.mark.parametrize("page", PAGES)
def test_named_paths_exist(page: str) -> None:
    """A path of the project that a page names in code style is there."""
    named = re.findall(r"`((?:chains|tracer|reports|docs|tests)/[\w/.-]+\.\w+)`", _text(page))
    assert not [one for one in named if not (ROOT / one).exists()]


def test_the_example_configuration_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The `tracer.toml` of docs/sources.md is one the program accepts, and it does what its comments say."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    example = _text("docs/sources.md").split("```toml\n")[1].split("```")[0]
    (tmp_path / "tracer.toml").write_text(example, encoding="utf-8")
    config = load_config({}, tmp_path)
    assert config.sources.urls["rpc.1"] == "http://127.0.0.1:8545"
    assert config.sources.rates["trongrid"] == 10
    assert config.chains["eip155:100"].coin == "xDAI"
    assert len(config.chains) == len(load_chains()) + 1


def test_the_changelog_has_this_version() -> None:
    """The version in pyproject.toml has its entry in the changelog."""
    version = tomllib.loads(_text("pyproject.toml"))["project"]["version"]
    assert re.search(rf"(?m)^## {re.escape(version)}\b", _text("CHANGELOG.md"))


def test_make_says_what_it_can() -> None:
    """Each target that a page tells people to run exists, and `make` alone lists it."""
    makefile = _text("Makefile")
    named = {one for page in PAGES for one in re.findall(r"(?:^    |`)make ([a-z]+)", _text(page), re.MULTILINE)}
    assert named
    assert not [one for one in named if not re.search(rf"(?m)^{one}:", makefile)]
    assert not [one for one in named if f"make {one}" not in makefile]
