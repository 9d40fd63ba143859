"""The command line speaks English and Chinese: help, complaints, and click's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from rich.cells import cell_len

from chains.errors import Down, NotFound
from chains.reader import Failures
from tracer.cli import INTERRUPTED, USAGE, register, run
from tracer.cli.speech import complaint
from tracer.errors import NothingStolen, SourceTrouble
from tracer.words import LANGUAGES, catalogue, words

CHINESE = re.compile("[\u4e00-\u9fff]")
COMMANDS = (
    *("trace", "run", "demo", "show", "verify", "graph", "list", "sources"),
    *("audit", "bounds", "path", "patterns", "rescreen", "report", "letter", "police"),
    *("bundle", "import", "diff"),
    *("labels", "labels show", "labels list", "labels sources", "labels update", "labels import", "labels remove"),
    "labels audit",
    *("watch", "watch run", "watch add", "watch list", "watch remove", "watch pause", "watch resume", "watch log"),
    *("watch verify", "watch test-alert"),
)
"""Every command, as it is called."""


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No case, no settings and no language but what a test says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "TRACER_CASES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRACER_LABELS", str(tmp_path / "labels"))


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with the words it is called by."""
    group = register(words("en"))
    yield "trace", group
    yield from below(group, "")


def below(group: click.Group, called: str) -> Iterator[tuple[str, click.Command]]:
    for command in group.commands.values():
        name = f"{called} {command.name}".strip()
        yield name, command
        if isinstance(command, click.Group):
            yield from below(command, name)


def key_of(called: str) -> str:
    return "help." + called.replace(" ", ".")


def needed() -> set[str]:
    """The keys of the help of every command and option; an option's own text stands before the shared one."""
    keys: set[str] = set()
    for called, command in commands():
        keys.add(key_of(called))
        for one in command.params:
            if isinstance(one, click.Option):
                own = f"{key_of(called)}.{one.name}"
                keys.add(own if own in catalogue() else f"help.option.{one.name}")
            else:
                keys.add(f"help.metavar.{one.name}")
    return keys


def test_the_commands_are_those_known_here() -> None:
    """A new command is added here and to the catalogue."""
    assert {called for called, _ in commands()} == set(COMMANDS)


def test_every_command_and_option_has_help_in_both_languages() -> None:
    """The catalogue holds the help of all of them, and of nothing else."""
    fixed = {"help.usage", "help.colon", "help.metavar.options", "help.metavar.command"}
    held = {key for key in catalogue() if key.startswith("help.")}
    assert held == needed() | fixed


@pytest.mark.parametrize("name", COMMANDS)
def test_help_in_chinese_holds_no_english_sentence(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No line of a Chinese help page is without Chinese, but for examples and names; none is wider than the screen."""
    assert run([*(name.split() if name != "trace" else []), "--help", "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("用法：trace")
    assert "选项：" in out
    assert "显示此帮助并退出。" in out
    assert not re.search(r"\b[a-z]+ (?:the|of|this|is|to|and) [a-z]+", out)
    assert max(map(cell_len, out.splitlines())) <= 100
    assert words("zh")(key_of(name)).strip().splitlines()[0] in out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_in_english(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The English page holds no Chinese, whatever language spoke before."""
    run([*(name.split() if name != "trace" else []), "--help", "--lang", "zh"])
    capsys.readouterr()
    assert run([*(name.split() if name != "trace" else []), "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Usage: trace")
    assert not CHINESE.search(out)


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """Examples keep their lines in both languages."""
    for lang in LANGUAGES:
        run(["--help", f"--lang={lang}"])
        assert "--since 2024-07-16T12:04:47Z --chain ethereum\n" in capsys.readouterr().out


def test_the_language_comes_from_the_surroundings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """LANG decides where --lang does not."""
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    run(["--help"])
    assert CHINESE.search(capsys.readouterr().out)
    run(["--help", "--lang", "en"])
    assert not CHINESE.search(capsys.readouterr().out)


@pytest.mark.parametrize("before", [["--lang", "zh"], ["--lang=zh"]])
def test_the_language_may_stand_first(before: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """`trace --lang zh list` is `trace list --lang zh`."""
    assert run([*before, "list"]) == 0
    assert "还没有案件" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run"], 2),
        (["0xab"], 2),
        (["0xab", "--since"], 2),
        (["0xab", "--since", "yesterday"], 2),
        (["0xab", "--since", "1", "--chain", "moon"], 2),
        (["0xab", "--since", "1", "--chain", "bsc", "--max-hops", "0"], 2),
        (["0xab", "--since", "1", "--chain", "bsc", "--max-hops", "many"], 2),
        (["0xab", "--since", "1", "--min-value", "much"], 2),
        (["0xab", "--since", "1", "--stolen", "some"], 2),
        (["0xab", "--since", "1", "--labels", "absent.csv"], 2),
        (["0xab", "--since", "1", "--sinc", "1"], 2),
        (["0xab", "--since", "1", "--unheard-of-entirely"], 2),
        (["0xab", "--since", "1", "--json=1"], 2),
        (["0xab", "--since", "1", "--refresh", "--offline"], 2),
        (["0xab", "--since", "1", "--rate", "etherscan"], 2),
        (["0xab", "--since", "1", "--rate", "etherscan=-1"], 2),
        (["0xab", "--since", "1", "--endpoint", "etherscan=ftp://x"], 2),
        (["0xab", "--since", "1", "--source", "nobody"], 2),
        (["show"], 2),
        (["graph", "x"], 2),
        (["show", "a", "b"], 2),
        (["show", "a", "b", "c"], 2),
        (["show", "nowhere"], 4),
        (["verify", "nowhere"], 4),
        (["labels", "show", "0xab"], 2),
        (["labels", "show", "TLsV52sRDL79HXGGm9yzwKibb6BeruhUzz"], 2),
        (["labels", "show", "TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy", "--chain", "bsc"], 2),
        (["labels", "update", "nobodys"], 2),
        (["labels", "import", "absent.csv"], 2),
        (["labels", "import"], 2),
        (["labels", "remove", "nobodys"], 2),
        (["labels", "remove", "../x"], 2),
        (["labels", "frobnicate"], 2),
    ],
)
def test_a_complaint_is_one_line_in_the_users_language(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad input gets one clear line: in Chinese for a Chinese user, and the same code in both languages."""
    said: dict[str, str] = {}
    for lang in LANGUAGES:
        assert run([*arguments[:1], f"--lang={lang}", *arguments[1:]]) == code
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.startswith("trace: ")
        assert shown.err.count("\n") == 1
        said[lang] = shown.err
    assert CHINESE.search(said["zh"])
    assert not CHINESE.search(said["en"])
    assert not re.search(r"\b[a-z]+ (?:is|are|not|does|option|argument|of) ", said["zh"])


def test_complaints_about_sources_lead_in() -> None:
    """What no source could give is said to be that, with each source's reason, in the user's language."""
    failure = Failures("the newest block", "bsc", [str(Down("etherscan", "blocknumber")), "why not"])
    assert complaint(failure, words("en")) == (
        "no source could answer: the newest block on bsc: etherscan did not answer: blocknumber; why not"
    )
    assert complaint(failure, words("zh")) == (
        "没有数据源能够应答：bsc 的最新区块：etherscan 没有应答：blocknumber；why not"
    )
    assert complaint(NotFound("block 7", "bsc"), words("zh")) == "在 bsc 上未找到：block 7"
    wrapped = SourceTrouble("error.no_answer", why=failure)
    assert wrapped.say(words("zh")) == complaint(failure, words("zh"))


def test_a_secret_is_refused_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    """The warning comes in the user's language first, then in the other, and the secret is never repeated."""
    phrase = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
    for lang in LANGUAGES:
        assert run([phrase, f"--lang={lang}"]) == USAGE
        shown = capsys.readouterr()
        first, second = shown.err.splitlines()
        assert bool(CHINESE.search(first)) is (lang == "zh")
        assert bool(CHINESE.search(second)) is (lang == "en")
        assert "abandon" not in shown.out + shown.err


def test_a_secret_in_a_file_names_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A settings file that holds a private key is refused by name, not by content."""
    key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
    (tmp_path / "tracer.toml").write_text(f'[keys]\netherscan = "private key {key}"\n', encoding="utf-8")
    assert run(["sources", "--lang=zh"]) == USAGE
    shown = capsys.readouterr()
    assert "tracer.toml 中有疑似私钥" in shown.err
    assert key not in shown.err


def test_being_stopped_is_said_in_the_users_language(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control-C gets a sentence and its own code."""

    def stopped(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(register(words("en")).commands["list"], "callback", stopped)
    assert run(["list", "--lang=zh"]) == INTERRUPTED
    assert "已停止" in capsys.readouterr().err


def test_nothing_stolen_says_what_to_check() -> None:
    """The sentence names the victims in both languages."""
    for lang in LANGUAGES:
        assert "0xab, 0xcd" in NothingStolen("error.nothing_stolen", victims="0xab, 0xcd").say(words(lang))
