"""The catalogue is complete in both languages, and the code uses exactly what it holds."""

import re
from pathlib import Path
from string import Formatter

import pytest

import tracer
from tracer.errors import UsageError
from tracer.lots import RULES
from tracer.result import REASONS
from tracer.watcher import FOLLOWING
from tracer.words import LANGUAGES, catalogue, pick_lang, words

ROOT = Path(tracer.__file__).parent.parent
USE = re.compile(r"""\bw\(\s*(f?)["']([^"'{]*)""")


def used() -> tuple[set[str], set[str]]:
    """(keys, beginnings of keys) that the code asks for."""
    found = [
        use
        for folder in ("chains", "tracer", "reports")
        for path in (ROOT / folder).rglob("*.py")
        for use in USE.findall(path.read_text(encoding="utf-8"))
    ]
    return {key for dynamic, key in found if not dynamic}, {key for dynamic, key in found if dynamic}


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
    assert [key for key in catalogue() if key not in keys and not key.startswith(tuple(beginnings))] == []


def test_everything_the_tracer_can_say_has_a_text() -> None:
    """Reasons, drawing rules and kinds of gap, which the reports ask for by name, are all there."""
    known = set(catalogue())
    assert {f"reason.{reason}" for reason in (*REASONS, FOLLOWING)} == {
        key for key in known if key.startswith("reason.")
    }
    assert {f"method.{rule}" for rule in RULES} == {key for key in known if key.startswith("method.")}
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
    assert "{0.__class__}" in words("en")("next.more", n="{0.__class__}", command="x")


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
    with pytest.raises(UsageError, match="'fr'"):
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
