"""Everything a person reads, in one catalogue: English and Simplified Chinese, in the files of `data/words/`.

Both languages stand side by side, so that a sentence is never changed in one and forgotten in the other. Code says
`w("closing.located", share=...)`; a key that is not there is an error, not an empty line. The wording is neutral: an
address received something; nobody is accused.

Results are written in English whatever the user's language, so that a case reads and hashes the same everywhere; what
they say in sentences is turned into the user's language when it is shown (`translated`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Final, NamedTuple

LANGUAGES: Final = ("en", "zh")

SENTENCES: Final = ("rule.", "note.", "trouble.", "click.")
"""Beginnings of keys whose English text may stand in a result or a detail, and is looked for by `translated`."""

_ENVIRONMENT: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
_AND: Final = "; "
_AND_SHOWN: Final = "；"
_SHAPES: Final = {"source": r"[^\s:]+"}
"""What a placeholder of this name may stand for; every other one stands for anything."""


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogue in one language. ``texts`` maps a key to its sentence with {placeholders}."""

    lang: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of ``key`` with its values put in; values are never read as templates.

        Raises:
            KeyError: the catalogue has no such key, or a placeholder got no value.
        """
        return self.texts[key].format(**values)


class _Pattern(NamedTuple):
    key: str
    shape: re.Pattern[str]


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key → language → text, of all files of the catalogue."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted(files("tracer").joinpath("data/words").iterdir(), key=lambda one: one.name):
        texts = tomllib.loads(file.read_text(encoding="utf-8"))
        twice = sorted(texts.keys() & found.keys())
        if twice:
            raise ValueError(f"{file.name} has again: {', '.join(twice)}")
        found |= texts
    return found


@cache
def words(lang: str) -> Words:
    """The catalogue in ``lang``, one of `LANGUAGES`."""
    return Words(lang, {key: texts[lang] for key, texts in catalogue().items()})


def sentence(key: str, **values: object) -> str:
    """A sentence as results keep it: in English."""
    return words("en")(key, **values)


def translated(text: str, w: Words) -> str:
    """A sentence of a result, or several joined by ``; ``, in the words of a language.

    It is recognised by the English text of the `SENTENCES`; what is not recognised stays as it is.
    """
    if w.lang == "en":
        return text
    said = list(_parts(text, w))
    return _AND_SHOWN.join(part for part, _ in said) if any(known for _, known in said) else text


def _parts(text: str, w: Words) -> Iterator[tuple[str, bool]]:
    """The sentences of a text, and whether each was recognised. Sentences may hold the joining sign themselves."""
    parts = text.split(_AND)
    place = 0
    while place < len(parts):
        for end in range(place + 1, min(place + _longest(), len(parts)) + 1):
            said = _one(_AND.join(parts[place:end]), w)
            if said is not None:
                yield said, True
                place = end
                break
        else:
            yield parts[place], False
            place += 1


def _one(text: str, w: Words) -> str | None:
    fixed, shaped = _recognised()
    if text in fixed:
        return w(fixed[text])
    for key, shape in shaped:
        found = shape.fullmatch(text)
        if found:
            return w(key, **{name: translated(value, w) for name, value in found.groupdict().items()})
    return None


@cache
def _recognised() -> tuple[Mapping[str, str], Sequence[_Pattern]]:
    """Sentences without values by their text, and those with values as patterns, the most telling first."""
    fixed: dict[str, str] = {}
    shaped: list[tuple[int, _Pattern]] = []
    for key, text in words("en").texts.items():
        if key.startswith(SENTENCES):
            pieces = [(literal, name) for literal, name, _, _ in Formatter().parse(text)]
            if all(name is None for _, name in pieces):
                fixed[text.format()] = key
            else:
                length = sum(len(literal) for literal, _ in pieces)
                shaped.append((length, _Pattern(key, re.compile("".join(map(_shape, pieces)), re.DOTALL))))
    return fixed, [pattern for _, pattern in sorted(shaped, key=lambda one: (-one[0], one[1].key))]


def _shape(piece: tuple[str, str | None]) -> str:
    literal, name = piece
    return re.escape(literal) + ("" if name is None else f"(?P<{name}>{_SHAPES.get(name, '.+?')})")


@cache
def _longest() -> int:
    """The most ``; ``-joined parts that one sentence has by itself."""
    texts = (text for key, text in words("en").texts.items() if key.startswith(SENTENCES))
    return max(text.count(_AND) for text in texts) + 1


def pick_lang(option: str | None, environ: Mapping[str, str]) -> str:
    """The language asked for, else Chinese where the first set locale variable says so, else English.

    Raises:
        LookupError: a language that is none of `LANGUAGES`.
    """
    if option is not None:
        if option not in LANGUAGES:
            raise LookupError(f"unknown language {option!r}; known are: {', '.join(LANGUAGES)}")
        return option
    locale = next((environ[name] for name in _ENVIRONMENT if environ.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"
