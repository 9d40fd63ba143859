"""One run: from a case and its question to the result, and from a finished case back to the proof that it holds.

The composition of everything below the terminal. `trace_case` asks the network for what the case does not hold yet;
`verify_case` asks nothing: it re-hashes every stored answer, reads them again, traces again, and compares.
"""

from __future__ import annotations

import asyncio
import json
import platform
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

import httpx

from chains.errors import ChainError
from chains.http import Client, Gates
from chains.model import ANY_TOKEN, NATIVE, Address, AssetId, Transfer
from chains.reader import open_reader
from chains.registry import SourceSettings
from tracer.case import Case, plain_question
from tracer.checked import Checked
from tracer.compare import all_tallies
from tracer.conclude import Moment, arrivals, completed, conclude, worked, workings
from tracer.config import Config
from tracer.continued import shed
from tracer.converted import moments
from tracer.deposits import finish
from tracer.derived import derived
from tracer.diff import State
from tracer.discover import Discovery
from tracer.document import document, from_document, to_json
from tracer.dossier import Answer, Dossier, Run, dossier_of
from tracer.endings import resting
from tracer.errors import CaseError, TracerError
from tracer.freeze_checks import check as check_freezes
from tracer.label_files import load_labels, load_tokens
from tracer.labels import Label, LabelBook
from tracer.packages import installed
from tracer.price_source import Priced, fetch_prices
from tracer.prices import PriceBook
from tracer.question import Question
from tracer.result import Result, rfc3339
from tracer.second_look import second_look
from tracer.store import NOT_FILES
from tracer.store_rows import RunRow, digest
from tracer.thefts import Thefts, find_thefts
from tracer.watcher import Silent, Watcher
from tracer.workings import Workings
from tracer.world import World


class Outcome(NamedTuple):
    """A finished run: the result, the exit code it stands for (0, or 3 with gaps), and the result's workings."""

    result: Result
    exit_code: int
    workings: Workings


class Difference(NamedTuple):
    """One thing that is not as the case says: where in the document, what was stored, what came out now."""

    where: str
    stored: str
    derived: str


class Verification(NamedTuple):
    """What `verify_case` checked and found. ``head`` is the hash of the last of the journal's ``entries``."""

    answers: int
    differences: tuple[Difference, ...]
    entries: int = 0
    head: str = ""


def tool_version() -> str:
    """Version of this tool as installed."""
    try:
        return version("stolen-funds-tracer")
    except PackageNotFoundError:
        return "0"


def inputs_of(case: Case, question: Question) -> dict[str, str]:
    """Digests of the user's files in the case that a result depends on."""
    files = {name: case.folder / name for name in question.labels}
    return {name: digest(path.read_bytes()) for name, path in files.items() if path.is_file()}


class Lists(NamedTuple):
    """The label lists on this machine: what they say of an address, and the digest of each by name."""

    of: Callable[[Address], Sequence[Label]] = lambda _: ()
    digests: Mapping[str, str] = {}


async def trace_case(
    case: Case,
    question: Question,
    config: Config,
    *,
    lists: Lists = Lists(),  # noqa: B008 - a value, never changed
    arguments: Sequence[str] = (),
    watcher: Watcher | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    gates: Gates | None = None,
    check: Callable[[], Awaitable[None]] | None = None,
) -> Outcome:
    """Answer the question of a case, keep everything, and record the run.

    ``gates`` are paces that are kept together with those of other clients. ``check`` is awaited before the result is
    kept: what it raises ends the run without one.

    Raises:
        TracerError: what the user must know; everything fetched is kept.
    """
    settings = case.plan() if case.store.offline else config.sources
    if not case.store.offline:
        case.remember_plan(settings, config.own_rows)
    case.store.ask(plain_question(question))
    inputs = {**inputs_of(case, question), "python": platform.python_version()}
    run = case.store.begin_run(tool_version(), arguments, inputs, installed(), lists.digests)
    try:
        labels = todays_labels(case, question, lists)
        client = Client(case.store, transport, (watcher or Silent()).requested, gates)
        told = derived(await _trace(case, question, config, settings, labels, watcher or Silent(), client))
        if check is not None:
            await check()
    except BaseException as failure:
        case.store.fail_run(run, _key_of(failure))
        raise
    exit_code = 3 if told.result.gaps else 0
    case.store.end_run(run, exit_code, to_json(told.result), labels.used, lists.digests)
    return Outcome(told.result, exit_code, told)


def _key_of(failure: BaseException) -> str:
    """What the journal says of a run that ended in a failure: its sentence, or its kind."""
    if isinstance(failure, KeyboardInterrupt | asyncio.CancelledError):
        return "interrupted"
    return failure.key if isinstance(failure, TracerError) else type(failure).__name__


def todays_labels(case: Case, question: Question, lists: Lists) -> LabelBook:
    """What labels say now: the pack, the lists on this machine, and the user's files in the case."""
    return load_labels([case.folder / name for name in question.labels], lists.of)


def kept_labels(case: Case) -> LabelBook:
    """What labels said when the case's last result was made; a case from before they were kept has today's."""
    kept = case.store.said()
    return todays_labels(case, case.question, Lists()) if kept is None else LabelBook(kept)


async def _trace(
    case: Case,
    question: Question,
    config: Config,
    settings: SourceSettings,
    labels: LabelBook,
    watcher: Watcher,
    client: Client,
    *,
    must_close: bool = True,
) -> Workings:
    async with client:
        chains = config.with_rows(case.chain_rows()).chains
        world = World(chains, client, settings, open_reader, labels, load_tokens(), watcher, at=case.pinned)
        thefts = await find_thefts(world, question)
        for chain, asset in sorted({(one.transfer.chain, one.transfer.asset) for one in thefts.origins}):
            world.learn([await world.asset(chain, asset)])
        for victim, asset, history in thefts.histories:
            case.store.save_history(victim.chain.id, victim.address, asset, history)
            case.store.save_approvals(victim.theft.approvals if victim.theft else ())
        wants = _at_thefts([one.transfer for one in thefts.origins])
        labels.span = _span(world, thefts)
        discovery = Discovery(world, question, case.store, thefts, (await _prices(world, wants))[0])
        discovery.price = partial(_priced, world)
        discovery.fetched.update((victim.chain.id, victim.address) for victim, _, _ in thefts.histories)
        await _check_victims(discovery)
        await discovery.run()
        await finish(discovery)
        for row in await check_freezes(world, resting(discovery)):
            discovery.freezes[row.chain, row.address, row.asset.id] = row
        discovery.accounts.gaps.update(await world.replaced())
        fold, tallies = worked(discovery, must_close=must_close), all_tallies(discovery)
        book, notes = await _prices(world, [*wants, *arrivals(fold), *moments(discovery, fold)])
        notes = [
            *notes,
            *(history.weak for _, asset, history in thefts.histories if asset == ANY_TOKEN and history.weak),
        ]
        result = conclude(discovery, fold, tallies, book, tool_version(), 0, notes)
        checked = await second_look(discovery, result) if case.looks_twice else Checked()
        shed(case.store)
        result = completed(result, checked, case.store.count_requests())
        told = workings(discovery, fold, tallies, result)
        return replace(told, checked=checked, books=(*told.books, book))


async def _check_victims(discovery: Discovery) -> None:
    for victim, asset, history in discovery.thefts.histories:
        if asset == NATIVE and discovery.question.stolen == "all":
            await discovery.accounts.check_victim((victim.chain.id, victim.address, asset), victim.low, history)


def _at_thefts(transfers: Sequence[Transfer]) -> list[Moment]:
    """Each stolen asset at its first theft: what the least value and the order of work go by."""
    first: dict[tuple[str, AssetId], int] = {}
    for one in transfers:
        first.setdefault((one.chain, one.asset), one.time)
    return [(chain, asset, time) for (chain, asset), time in sorted(first.items())]


async def _prices(world: World, moments: Iterable[Moment]) -> tuple[PriceBook, list[str]]:
    """Prices at these moments: they order the work, inform the reader, and share out conversions of several assets."""
    priced = await _priced(world, moments)
    return priced.book, priced.notes


async def _priced(world: World, moments: Iterable[Moment]) -> Priced:
    wants = [(world.chains[chain], asset, time) for chain, asset, time in sorted(set(moments))]
    return await fetch_prices(world.client, world.settings, wants)


def _span(world: World, thefts: Thefts) -> tuple[str, str]:
    """The first and the last day of the case: labels that held on none of them decide nothing."""
    first = min(one.transfer.time for one in thefts.origins)
    last = max(block.time for block in world.horizons.values())
    return rfc3339(first)[:10], rfc3339(last)[:10]


async def verify_case(case: Case, config: Config, *, writing: bool = False) -> Verification:
    """Check a case against itself, offline: digests, then the whole trace again.

    With ``writing`` what the trace reads is written down as by any run, for a case that came without it.

    Raises:
        Tampered: a stored answer, a result or the journal was changed.
        CaseError: the case has no result yet.
    """
    answers = case.store.check_all()
    journal = case.store.check_journal()
    stored = last_result(case)
    question = case.question
    differences = [
        Difference(f"input {path}", before, now)
        for path, before in sorted(stored.inputs.items())
        if path not in NOT_FILES and (now := inputs_of(case, question).get(path, "missing")) != before
    ]
    case.store.speak_of(stored.generation)
    try:
        again = derived(await retraced(case, config, kept_labels(case), writing=writing))
    except ChainError as failure:
        return Verification(answers, (*differences, Difference("trace", "a result", str(failure))), *journal)
    differences.extend(compare(json.loads(stored.result or ""), document(again.result)))
    return Verification(answers, tuple(differences), *journal)


async def workings_of(case: Case, config: Config, *, must_close: bool = True) -> Workings:
    """The workings of a finished case, derived again from its stored answers; asks nobody.

    Without ``must_close`` an account that does not close comes out all the same, for the audit to say where.

    Raises:
        CaseError: the case has no result yet.
    """
    case.store.speak_of(last_result(case).generation)
    return await retraced(case, config, kept_labels(case), must_close=must_close)


async def dossier_of_case(case: Case, config: Config) -> Dossier:
    """The dossier of a finished case, from its stored answers and its stored result; asks nobody.

    Raises:
        CaseError: as `sound_workings`.
    """
    return dossier_with(case, await sound_workings(case, config))


async def sound_workings(case: Case, config: Config) -> Workings:
    """The workings of a finished case with its stored result, which they give again; asks nobody.

    Raises:
        CaseError: the case has no result yet, or its answers do not give that result any more.
    """
    stored = last_result(case)
    workings = derived(await workings_of(case, config))
    workings = replace(workings, result=workings.result._replace(version=stored.version))
    if compare(json.loads(stored.result or ""), document(workings.result)):
        raise CaseError("error.result_differs", folder=case.folder)
    return workings


def dossier_with(case: Case, workings: Workings) -> Dossier:
    """The dossier of a finished case, from its `sound_workings`."""
    return dossier_of(case.question, run_of(case), workings, (Answer(*row) for row in case.store.answers()))


def run_of(case: Case) -> Run:
    """The run that left the case's result, as its papers tell it. Raises `CaseError` where none did."""
    stored = last_result(case)
    return Run(
        stored.version,
        stored.inputs.get("python", ""),
        stored.started_at,
        stored.finished_at,
        stored.result_sha256 or "",
        {name: value for name, value in stored.inputs.items() if name not in NOT_FILES},
        case.store.lists() or {},
    )


def state_of(case: Case) -> State:
    """A finished case as it stands, to be compared. Raises `CaseError` where it has no result."""
    run = last_result(case)
    case.store.speak_of(run.generation)
    return State(
        plain_question(case.question),
        {"version": run.version, **{one: run.inputs.get(one, "") for one in NOT_FILES}},
        from_document(run.result or ""),
        case.store.said() or {},
        case.store.lists() or {},
        {file: sha256 for file, sha256 in run.inputs.items() if file not in NOT_FILES},
    )


async def retraced(
    case: Case, config: Config, labels: LabelBook, *, must_close: bool = True, writing: bool = False
) -> Workings:
    """The trace of a case once more, from its stored answers and with these labels; only ``writing`` changes it."""
    case.store.replaying = not writing
    client = Client(case.store)
    return await _trace(case, case.question, config, case.plan(), labels, Silent(), client, must_close=must_close)


def last_result(case: Case) -> RunRow:
    """The run that left the case's result. Raises `CaseError` where none did."""
    stored = case.store.last_result()
    if stored is None or stored.result is None:
        raise CaseError("error.no_result", folder=case.folder)
    return stored


def compare(stored: Any, derived: Any, where: str = "") -> list[Difference]:
    """Every place where two JSON documents differ. A list that one of them lacks is an empty one: older ones do."""
    if isinstance(stored, Mapping) and isinstance(derived, Mapping):
        return [
            one
            for name in sorted({*stored, *derived})
            for one in compare(*_alike(stored.get(name), derived.get(name)), f"{where}.{name}".lstrip("."))
        ]
    if isinstance(stored, list) and isinstance(derived, list) and len(stored) == len(derived):
        return [
            one
            for number, pair in enumerate(zip(stored, derived, strict=True))
            for one in compare(*pair, f"{where}[{number}]")
        ]
    if stored == derived:
        return []
    return [Difference(where, _short(stored), _short(derived))]


def _alike(stored: Any, derived: Any) -> tuple[Any, Any]:
    """Both, with an empty list for what one has as a list and the other has not."""
    if stored is None and isinstance(derived, list):
        return [], derived
    return stored, [] if derived is None and isinstance(stored, list) else derived


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "…"


__all__ = ["NATIVE", "Difference", "Outcome", "Verification", "trace_case", "verify_case", "workings_of"]
