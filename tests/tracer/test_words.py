"""The catalogue is complete in both languages, and the code uses exactly what it holds."""

import ast
import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import chains
import tracer
from chains.errors import BadAddress, Malformed, NotFound, SourceError
from chains.reader import Reader
from chains.registry import load_chains
from chains.scan_reader import Blind
from tracer import errors
from tracer.errors import CaseError, ConfigError, TracerError
from tracer.labels import CATEGORIES
from tracer.lots import METHODS
from tracer.result import REASONS
from tracer.watcher import FOLLOWING
from tracer.words import LANGUAGES, SENTENCES, catalogue, pick_lang, sentence, translated, words

ROOT = Path(tracer.__file__).parent.parent
USE = re.compile(r"""(?:\bw|\bsentence|\bwords\([^()]*\))\(\s*(f?)["']([^"'{]*)""")
SPOKEN_BY_OTHERS = ("trouble.", "click.", "help.")
"""Beginnings of keys that the code does not ask for one by one: tests here and in test_speech.py hold them."""

ERRORS = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, TracerError)}
ZH = words("zh")


def files(folder: str) -> list[Path]:
    """The modules of a package; verify.py, which goes to strangers, brings its own sentences."""
    return [path for path in (ROOT / folder).rglob("*.py") if path.name != "verify.py" or path.parent.name != "data"]


@cache
def used() -> tuple[set[str], set[str]]:
    """(keys, beginnings of keys) that the code asks for."""
    found = [
        use
        for folder in ("chains", "tracer", "reports")
        for path in files(folder)
        for use in USE.findall(path.read_text(encoding="utf-8"))
    ]
    raised = {str(call.args[0].value) for call in errors_made() if isinstance(call.args[0], ast.Constant)}
    return raised | {key for dynamic, key in found if not dynamic}, {key for dynamic, key in found if dynamic}


@cache
def nodes(folder: str) -> list[ast.Call | ast.Constant | ast.JoinedStr]:
    """What is called and what is said in the code of a package, read once."""
    return [
        node
        for path in files(folder)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call | ast.Constant | ast.JoinedStr)
    ]


def errors_made() -> list[ast.Call]:
    """Every place where the code makes an error of the tracer's own."""
    calls = [node for folder in ("tracer", "reports") for node in nodes(folder) if isinstance(node, ast.Call)]
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ERRORS]


@cache
def said_in(*folders: str) -> set[str]:
    """Every text in the code, with {} where a value stands."""
    whole: set[str] = set()
    for node in (node for folder in folders for node in nodes(folder)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            whole.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            whole.add("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values))
    return whole


def shape(text: str) -> str:
    return "".join(literal + ("" if name is None else "{}") for literal, name, _, _ in Formatter().parse(text))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_text_is_there_in_both_languages() -> None:
    """No key lacks a language, no text is empty, and there is no third language."""
    for key, texts in catalogue().items():
        assert set(texts) == set(LANGUAGES), key
        assert all(text.strip() for text in texts.values()), key


def test_both_languages_take_the_same_values() -> None:
    """A value that one language shows is never left out in the other, and all are named."""
    for key, texts in catalogue().items():
        assert placeholders(texts["en"]) == placeholders(texts["zh"]), key
        assert all(name.isidentifier() for name in placeholders(texts["en"])), key


def test_the_code_asks_only_for_known_keys() -> None:
    """Every w("…") in the code finds a text."""
    keys, beginnings = used()
    assert keys
    assert keys <= set(catalogue())
    assert all(any(key.startswith(beginning) for key in catalogue()) for beginning in beginnings)


def test_nothing_in_the_catalogue_is_idle() -> None:
    """Every text is asked for somewhere."""
    keys, beginnings = used()
    asked = (*SPOKEN_BY_OTHERS, *beginnings)
    assert [key for key in catalogue() if key not in keys and not key.startswith(asked)] == []


def test_every_error_is_a_literal_key_with_its_values() -> None:
    """An error names its sentence, and gives exactly the values the sentence shows."""
    made = errors_made()
    assert len(made) > 50
    for call in made:
        key = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
        assert isinstance(key, str), ast.unparse(call)
        assert key.startswith("error."), ast.unparse(call)
        given = {one.arg for one in call.keywords}
        assert len(call.args) == 1, ast.unparse(call)
        assert given == placeholders(catalogue()[key]["en"]), ast.unparse(call)


def test_an_error_speaks_every_language() -> None:
    """`str` is English, `say` the language asked for; an error in an error follows suit."""
    row = ConfigError("error.label_entity")
    whole = ConfigError("error.labels_line", file="my.csv", line=7, why=row)
    assert str(whole) == (
        "my.csv, line 7: the entity is empty; write whose address it is."
        " Correct this line and run the same command again"
    )
    assert whole.say(ZH) == "my.csv 第 7 行：entity 为空；请写明地址属于谁。请更正此行后再次运行同一命令"
    why = SourceError("etherscan", "txlist", "timeout")
    assert "timeout" in CaseError("error.no_answer", why=why).say(ZH)


def test_an_error_with_an_unknown_key_is_an_error() -> None:
    """A misspelt key fails when the error is shown."""
    with pytest.raises(KeyError):
        str(UsageErrorOf("error.no_such_thing"))


class UsageErrorOf(TracerError):
    """An error made here, so that the scan of the code does not see it."""


def test_sentences_of_results_come_back_in_chinese() -> None:
    """Every sentence that results keep in English is recognised, with whatever values it was given."""
    for key, texts in catalogue().items():
        if key.startswith(SENTENCES):
            values = {name: f"0xab {number}" for number, name in enumerate(sorted(placeholders(texts["en"])))}
            values.update({"source": "etherscan"} if "source" in values else {})
            assert translated(texts["en"].format(**values), ZH) == texts["zh"].format(**values), key


def test_joined_and_nested_sentences_are_translated_part_by_part() -> None:
    """What is joined by a semicolon is translated one by one, and so are sentences inside sentences."""
    rule = "; ".join(
        [
            sentence("rule.labelled_on", by=sentence("rule.user_file", name="a.csv"), date="2024"),
            sentence("rule.same_address_code_unknown", chain="eip155:1"),
        ]
    )
    assert translated(rule, ZH) == (
        "标签来源：用户文件 a.csv（2024）；与 eip155:1 上的地址相同，在本链是否为合约尚不清楚"
    )
    assert translated(f"what a bank wrote; {sentence('rule.dust')}", ZH) == "what a bank wrote；低于继续跟踪的最低金额"
    assert translated(rule, words("en")) == rule


@pytest.mark.parametrize("text", ["", "; ", "what a bank wrote; and more", "{0}", "%s", "labelled", ": not found on"])
def test_unknown_text_stays_as_it_is(text: str) -> None:
    """What is not recognised is shown as it was written."""
    assert translated(text, ZH) == text


def test_what_sources_say_is_recognised() -> None:
    """Every kind of source error, each with and without a detail, has its Chinese."""
    kinds = SourceError.__subclasses__()
    assert len(kinds) == 7
    for kind in kinds:
        for detail in ("", "timeout"):
            said = translated(str(kind("etherscan", "txlist 0xab", detail)), ZH)
            assert kind.cause not in said
            assert detail in said
    for failure in (
        NotFound("block 7", "bsc"),
        Malformed("etherscan", "no rows", {"a": "b; c"}),
        BadAddress("0x", "bsc", "expected 0x and 40 hexadecimal digits"),
        Blind("ethereum", ["rpc.1 did not answer: eth_getBlockByNumber (ConnectError)"]),
        Blind("ethereum", []),
    ):
        assert re.search("[\u4e00-\u9fff]", translated(str(failure), ZH))


async def test_what_a_reader_could_not_learn_is_recognised() -> None:
    """Every question of a reader that no source answered is said in Chinese."""
    chain = load_chains()["eip155:1"]
    reader, who = Reader(chain, []), chain.address("0x" + "ab" * 20)
    asked = [
        reader.head(),
        reader.block(7),
        reader.block_at(7),
        reader.receipt("0xab"),
        reader.positions("0xab"),
        reader.is_contract(who),
    ]
    for question in asked:
        with pytest.raises(chains.reader.Failures) as failed:
            await question
        assert not re.search("[a-z]{3,} on ", translated(str(failed.value), ZH))


def test_the_troubles_are_really_said() -> None:
    """The catalogue holds no sentence of a source that the code does not say, in the same words."""
    composed = {f"{{}} {kind.cause}: {{}}" for kind in SourceError.__subclasses__()}
    asked = {f"{text} on {{}}: {{}}" for text in said_in("chains")}
    known = said_in("chains", "tracer") | composed | asked
    known |= {text.removeprefix("; ") for text in known} | {row.note for row in load_chains().values()}
    for key, texts in catalogue().items():
        if key.startswith("trouble."):
            assert shape(texts["en"]) in known, key


def test_everything_the_tracer_can_say_has_a_text() -> None:
    """Reasons, categories, drawing rules and kinds of gap, which the reports ask for by name, are all there."""
    known = set(catalogue())
    assert {f"reason.{reason}" for reason in (*REASONS, FOLLOWING)} == {
        key for key in known if key.startswith("reason.")
    }
    assert {f"category.{one}" for one in CATEGORIES} == {key for key in known if key.startswith("category.")}
    assert {f"method.{rule}" for rule in METHODS} == {key for key in known if key.startswith("method.")}
    kinds = {
        kind
        for path in (ROOT / "tracer").rglob("*.py")
        for kind in re.findall(r'\bGap\(\s*(?:kind=)?"([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert {f"gap.{kind}" for kind in kinds} <= known


def test_nobody_is_accused() -> None:
    """The wording stays neutral in both languages."""
    accusing = re.compile("hacker|thief|criminal|launder|suspect|黑客|窃贼|盗贼|洗钱|嫌疑|罪犯", re.IGNORECASE)
    assert [text for texts in catalogue().values() for text in texts.values() if accusing.search(text)] == []


def test_values_are_never_read_as_templates() -> None:
    """A hostile value with braces stays what it is."""
    assert "{0.__class__}" in words("en")("stop.more", n="{0.__class__}", command="x")


def test_an_unknown_key_is_an_error() -> None:
    """A missing text fails loudly."""
    with pytest.raises(KeyError):
        words("en")("no.such.key")


@pytest.mark.parametrize(
    ("option", "environ", "expected"),
    [
        ("zh", {"LANG": "en_US.UTF-8"}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LC_ALL": "en_US", "LANG": "zh_CN"}, "en"),
        (None, {"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en"}, "zh"),
        (None, {"LANG": "C"}, "en"),
        (None, {}, "en"),
    ],
)
def test_language(option: str | None, environ: dict[str, str], expected: str) -> None:
    """The option decides, else the locale variable that the C library would heed."""
    assert pick_lang(option, environ) == expected


def test_an_unknown_language_is_refused() -> None:
    """Only the languages of the catalogue can be asked for."""
    with pytest.raises(LookupError, match="'fr'"):
        pick_lang("fr", {})


def test_glossary_has_one_word_for_one_thing() -> None:
    """Every row of the glossary has three filled cells, and no section explains a word twice."""
    for section in (ROOT / "docs/glossary.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        rows = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in section.splitlines()
            if line.startswith("|")
        ][2:]
        assert rows
        assert all(len(row) == 3 and all(row) for row in rows)
        assert len({row[0] for row in rows}) == len(rows)
