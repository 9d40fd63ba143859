"""A case: a folder with what a person may edit (`case.toml`) and everything fetched and derived (`case.sqlite`).

The folder is the unit that is resumed, verified, handed over and kept. `case.toml` holds the question; the database
holds the answers. Which sources answered, in which order, is remembered too, because an offline replay must ask the
same ones.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from chains.registry import SourceSettings
from tracer.errors import CaseError, ConfigError, SecretRefused, UsageError
from tracer.lots import METHODS
from tracer.question import ALL_METHODS, CORROBORATE, PROVE, Question, VictimAsk
from tracer.secrets import find_secret
from tracer.store import Store
from tracer.store_rows import digest
from tracer.words import LANGUAGES, words

try:
    import fcntl
except ImportError:  # Windows knows no such lock
    fcntl = None  # type: ignore[assignment]

QUESTION_FILE = "case.toml"
DATABASE = "case.sqlite"
SOUND: Final = "sound."
"""What the facts begin with that say how far the answers of a generation are sound."""

_FIELDS = {
    "chain",
    "own",
    "stolen",
    "until",
    "method",
    "highest_first",
    "leads",
    "max_hops",
    "max_addresses",
    "max_requests",
    "min_value",
    "labels",
    "through",
    "corroborate",
    "prove",
}


def plan_name(generation: int) -> str:
    """The fact under which a case keeps how a generation was read: a later one may use other sources."""
    return f"sources.{generation}"


class Case:
    """An open case folder."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store = folder, store

    @property
    def question(self) -> Question:
        """The question in `case.toml`. Raises `ConfigError` where it cannot be understood."""
        return read_question(self.folder / QUESTION_FILE)

    def plan(self) -> SourceSettings:
        """The sources the case was read from, for asking the same ones of the evidence alone."""
        plan = self._plan()
        return SourceSettings(
            urls=dict.fromkeys(plan.get("urls", []), "http://offline.invalid"),
            keys=dict.fromkeys(plan.get("keys", []), "offline"),
            only=tuple(plan.get("only", [])),
        )

    @property
    def looks_twice(self) -> bool:
        """Are second sources and the chain itself part of how the case is read? Of cases from before, they are not."""
        return bool(self._plan().get("looks_twice"))

    @property
    def pinned(self) -> Mapping[str, int]:
        """The number of the block that this generation speaks of, by chain; none where that is the newest."""
        numbers: Mapping[str, int] = self._plan().get("at", {})
        return numbers

    def pin(self, at: Mapping[str, int], *, final: bool) -> None:
        """Have this generation speak of these blocks, and say whether they could not be undone any more."""
        self._keep_plan({**self._plan(), "at": dict(at), "final": final})

    def final_in(self, generation: int) -> Mapping[str, int]:
        """The numbers of the final blocks that a generation was pinned to, by chain."""
        plan = self._plan(generation)
        return plan.get("at", {}) if plan.get("final") else {}

    def note_sound(self, raw: int) -> None:
        """Note that the answers of this generation up to this one are of the chain that they say they are of."""
        self.store.set_meta(f"{SOUND}{self.store.generation}", str(raw))

    def sound_until(self, generation: int) -> int:
        """The last answer of a generation of which that was noted; nil where none was."""
        return int(self.store.meta(f"{SOUND}{generation}") or 0)

    def remember_plan(self, settings: SourceSettings, chains: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep which sources are asked, never their keys or addresses, and the chain rows that are the user's own."""
        plan = {
            **{name: value for name, value in self._plan().items() if name in ("at", "final")},
            "looks_twice": True,
            "urls": sorted(settings.urls),
            "keys": sorted(settings.keys),
            "only": list(settings.only),
            "chains": dict(chains),
        }
        self._keep_plan(plan)

    def chain_rows(self) -> Mapping[str, Mapping[str, Any]]:
        """The user's own chain rows that the case was read with."""
        rows: Mapping[str, Mapping[str, Any]] = self._plan().get("chains", {})
        return rows

    def _plan(self, generation: int | None = None) -> dict[str, Any]:
        plan: dict[str, Any] = json.loads(self.store.meta(plan_name(generation or self.store.generation)) or "{}")
        return plan

    def _keep_plan(self, plan: Mapping[str, Any]) -> None:
        self.store.set_meta(plan_name(self.store.generation), json.dumps(plan, sort_keys=True))

    def adopt(self, files: Mapping[str, Path]) -> None:
        """Copy the user's files into the case under these names, so that the case stands on its own."""
        for name, source in files.items():
            target = self.folder / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(source.read_bytes())


@contextmanager
def open_case(folder: Path, *, question: Question | None = None, offline: bool = False) -> Iterator[Case]:
    """Open a case; with ``question``, create it if need be and write that question down.

    Raises:
        CaseError: no such case, an unusable folder, or another trace at work in it.
        UsageError: the folder already holds a case about other victims.
    """
    file = folder / QUESTION_FILE
    if question is None and not file.is_file():
        raise CaseError("error.no_case", folder=folder)
    try:
        if question is not None and (file.is_file() or not offline):
            folder.mkdir(parents=True, exist_ok=True)
            if file.is_file() and _victims(read_question(file)) != _victims(question):
                raise UsageError("error.other_victims", folder=folder)
            file.write_text(write_question(question), encoding="utf-8")
        lock = _lock(folder)
    except OSError as failure:
        raise CaseError("error.folder", folder=folder, why=failure.strerror) from failure
    with closing(lock), closing(Store(folder / DATABASE, offline=offline)) as store:
        if question is not None:
            store.ask(plain_question(question))
        yield Case(folder, store)


def _victims(question: Question) -> set[tuple[str, str]]:
    return {(one.address.lower(), one.since.lower()) for one in question.victims}


def _lock(folder: Path) -> Any:
    handle = (folder / ".lock").open("w", encoding="utf-8")
    if fcntl is None:
        return handle
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise CaseError("error.locked", folder=folder) from None
    return handle


def list_cases(parent: Path) -> list[Path]:
    """Folders below ``parent`` that hold a case, by name."""
    return sorted(file.parent for file in parent.glob(f"*/{QUESTION_FILE}"))


def default_folder(parent: Path, question: Question) -> Path:
    """Where a case goes when the user names no folder: readable, and the same for the same question."""
    first = question.victims[0]
    more = f"+{len(question.victims) - 1}" if len(question.victims) > 1 else ""
    fingerprint = digest(repr(sorted(_victims(question))).encode())[7:13]
    return parent / re.sub(r"[^A-Za-z0-9+-]", "", f"{first.address[:10]}{more}-{fingerprint}")


def write_question(question: Question) -> str:
    """`case.toml` for a question."""
    lines = [words(lang)("case.comment") for lang in LANGUAGES] + [""]
    settings: dict[str, object] = {
        "chain": question.chain,
        "own": list(question.own),
        "stolen": question.stolen,
        "until": question.until,
        "method": question.method,
        "highest_first": question.highest_first or None,
        "leads": question.leads or None,
        "max_hops": question.max_hops,
        "max_addresses": question.max_addresses,
        "max_requests": question.max_requests,
        "min_value": None if question.min_value is None else str(question.min_value),
        "labels": list(question.labels),
        "through": list(question.through),
        "corroborate": question.corroborate if question.corroborate != CORROBORATE[0] else None,
        "prove": question.prove if question.prove != PROVE[0] else None,
    }
    lines += [f"{name} = {_toml(value)}" for name, value in settings.items() if value not in (None, [])]
    for victim in question.victims:
        lines += ["", "[[victim]]", f"address = {_toml(victim.address)}", f"since = {_toml(victim.since)}"]
    return "\n".join(lines) + "\n"


def plain_question(question: Question) -> dict[str, Any]:
    """Every setting of a question as plain JSON, for the journal and whoever hands a case over."""
    settings = {one.name: getattr(question, one.name) for one in fields(question)}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
    return plain | {
        "victims": [one._asdict() for one in question.victims],
        "min_value": None if question.min_value is None else str(question.min_value),
    }


def _toml(value: object) -> str:
    """A value as TOML spells it: as JSON does, but for the one character JSON leaves bare and TOML refuses."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_question(path: Path) -> Question:
    """The question in a `case.toml`.

    Raises:
        ConfigError: unreadable, or a name or value that does not belong; names the file and what is wrong.
        SecretRefused: the file holds a private key or mnemonic.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigError("error.file_unreadable", file=path, why=str(failure)) from failure
    return parse_question(text, path)


def parse_question(text: str, path: Path) -> Question:
    """The question in the text of a `case.toml` that is called ``path``. Raises as `read_question`."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as failure:
        raise ConfigError("error.file_unreadable", file=path, why=str(failure)) from failure
    if find_secret(text, allow_hash=True):
        raise SecretRefused("error.secret_in_file", file=path)
    victims = table.pop("victim", [])
    unknown = sorted(set(table) - _FIELDS)
    if unknown:
        raise ConfigError("error.setting_unknown", file=path, name=unknown[0], known=", ".join(sorted(_FIELDS)))
    try:
        asked = tuple(VictimAsk(str(one["address"]), str(one["since"])) for one in victims)
        return replace(Question(asked), **_values(path, table))
    except (KeyError, TypeError, InvalidOperation) as failure:
        raise ConfigError("error.setting_value", file=path, kind=type(failure).__name__, why=str(failure)) from failure


def _values(path: Path, table: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(table)
    for name in ("own", "labels", "through"):
        if name in values:
            values[name] = tuple(str(one) for one in values[name])
    if "min_value" in values:
        values["min_value"] = Decimal(str(values["min_value"]))
    for name in ("max_hops", "max_addresses", "max_requests"):
        if name in values and (not isinstance(values[name], int) or values[name] < 0):
            raise ConfigError("error.setting_whole", file=path, name=name)
    _check_choices(path, values)
    return values


def _check_choices(path: Path, values: Mapping[str, Any]) -> None:
    known = (*METHODS, ALL_METHODS)
    if values.get("method", ALL_METHODS) not in known:
        raise ConfigError("error.method_unknown", file=path, known=", ".join(known))
    for name, choices in (("corroborate", CORROBORATE), ("prove", PROVE)):
        if values.get(name, choices[0]) not in choices:
            raise ConfigError("error.setting_choice", file=path, name=name, known=", ".join(choices))
    for name in ("highest_first", "leads"):
        if not isinstance(values.get(name, False), bool):
            raise TypeError(name)
