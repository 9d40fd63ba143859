"""Everything a person reads, in one catalogue: English and Simplified Chinese, in `data/words.toml`.

One table holds both languages side by side, so that a sentence is never changed in one and forgotten in the other. Code
says `w("closing.located", share=...)`; a key that is not there is an error, not an empty line. The wording is neutral:
an address received something; nobody is accused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from tracer.errors import UsageError

LANGUAGES: Final = ("en", "zh")

_ENVIRONMENT: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


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


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key → language → text, as the file has it."""
    return tomllib.loads(files("tracer").joinpath("data/words.toml").read_text(encoding="utf-8"))


@cache
def words(lang: str) -> Words:
    """The catalogue in ``lang``, one of `LANGUAGES`."""
    return Words(lang, {key: texts[lang] for key, texts in catalogue().items()})


def pick_lang(option: str | None, environ: Mapping[str, str]) -> str:
    """The language asked for, else Chinese where the first set locale variable says so, else English.

    Raises:
        UsageError: a language that is none of `LANGUAGES`.
    """
    if option is not None:
        if option not in LANGUAGES:
            raise UsageError(f"unknown language {option!r}; choose one of: {', '.join(LANGUAGES)}")
        return option
    locale = next((environ[name] for name in _ENVIRONMENT if environ.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"
