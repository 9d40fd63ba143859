"""The program as a user meets it: the main job, its companions, what it says in which language, and the demonstration.

What goes wrong is in test_commands_in_trouble.py.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.functional.commands import (
    EXCHANGE,
    FAUCET,
    MULE,
    REST,
    ROOT,
    ROWS,
    SINCE,
    THEFT,
    VICTIM,
    Desk,
    Ran,
    Town,
    desk_in,
    finished,
    town_of,
)

NOBODY = "0x00000000000000000000000000000000000000ff"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town_of(tmp_path_factory.mktemp("town")) as there:
        yield there


@pytest.fixture(scope="module")
def first(town: Town, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Ran]:
    """The theft, traced once for all that only read its case."""
    return finished(town, tmp_path_factory.mktemp("first"))


@pytest.fixture
def desk(town: Town, tmp_path: Path) -> Desk:
    return desk_in(town, tmp_path)


@pytest.fixture
def traced(first: tuple[Desk, Ran], desk: Desk) -> Desk:
    """A desk with a copy of the finished case."""
    shutil.copytree(first[0].home / "c", desk.home / "c")
    return desk


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, town: Town) -> tuple[Desk, Ran]:
    """The demonstration, as a process shows it."""
    there = desk_in(town, tmp_path_factory.mktemp("shown"))
    return there, there.process("demo")


def test_a_trace_prints_where_the_money_is_and_exits_0(desk: Desk) -> None:
    """The main job: the exchange is named, every share is there, and the closing line adds up to 100 %."""
    ran = desk.process(*THEFT, *desk.options(), "--case", "c")
    assert ran.code == 0, ran.err
    assert "Example Exchange" in ran.out
    assert "350 USDT" in ran.out  # 400 sent, of which the mule's own 50 came first
    assert "100.00 % accounted for" in ran.out


def test_the_json_document_fits_its_schema_and_is_all_that_standard_output_holds(first: tuple[Desk, Ran]) -> None:
    """--json prints one document that validates; progress goes to standard error."""
    document = json.loads(first[1].out)
    jsonschema.validate(document, json.loads((ROOT / "docs" / "trace.schema.json").read_text()))
    assert {row["reason"] for row in document["endpoints"]} == {"exchange", "held"}
    assert sum(int(row["principal"]) for row in document["totals"]) == 900 * 10**6


def test_the_same_command_again_asks_nothing_and_says_the_same(traced: Desk, first: tuple[Desk, Ran]) -> None:
    """A finished case is answered from its evidence, online and offline, byte for byte."""
    again, offline = traced.trace("--case", "c", "--json"), traced.trace("--case", "c", "--json", "--offline")
    assert traced.asked == 0
    assert first[1].out == again.out == offline.out


def test_show_list_verify_and_graph_work_on_a_case(traced: Desk) -> None:
    """The companions read the case alone."""
    (traced.home / "cases").mkdir()
    (traced.home / "c").rename(traced.home / "cases" / "c")
    assert "Example Exchange" in traced.run("show", "c").out
    assert "cases/c" in traced.run("list").out
    verified = traced.process("verify", "c")
    assert verified.code == 0, verified.out
    for ending in ("graphml", "gexf"):
        assert traced.run("graph", "c", "--out", f"flow.{ending}").code == 0
        assert EXCHANGE in (traced.home / f"flow.{ending}").read_text()


def test_a_reader_who_turns_away_hears_no_complaint(traced: Desk) -> None:
    """`trace show | head` ends without a word when the pipe is closed before all is said."""
    with traced.start("show", "c", "--all") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 0


def test_several_victims_make_one_case_with_origins_apart(desk: Desk) -> None:
    """A@TX B@TX: each theft transfer keeps its own origin to the end."""
    ran = desk.run(
        f"{VICTIM}@{SINCE}", f"{FAUCET}@2023-11-14T22:13:21Z", "--chain", "ethereum", "--json", *desk.options()
    )
    document = json.loads(ran.out)
    assert {row["victim"] for row in document["origins"]} == {VICTIM, FAUCET}
    sums: dict[str, int] = {}
    for row in document["totals"]:
        sums[row["origin"]] = sums.get(row["origin"], 0) + int(row["principal"])
    assert sums == {row["origin"]: int(row["amount"]) for row in document["stolen"]}


def test_until_traces_as_of_an_earlier_moment(desk: Desk) -> None:
    """--until cuts the case at a time: what moved later has not happened yet."""
    ran = desk.trace("--case", "c", "--json", "--until", "2023-11-14T22:13:45Z")
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    assert [row["address"] for row in document["endpoints"]] == [MULE]


def test_refresh_asks_everything_again(desk: Desk) -> None:
    """The case moves to now only when told to: then every question is put once more."""
    desk.trace("--case", "c", "--json")
    asked = desk.asked
    assert asked
    ran = desk.trace("--case", "c", "--json", "--refresh")
    assert ran.code == 0, ran.err
    assert desk.asked == 2 * asked
    assert desk.run("verify", "c").code == 0


def test_a_budget_leaves_the_rest_visible(desk: Desk) -> None:
    """With too few requests the unread value is named as such, and the sums still close."""
    ran = desk.trace("--case", "c", "--json", "--max-requests", "1")
    document = json.loads(ran.out)
    assert ran.code == 0
    assert {row["reason"] for row in document["totals"]} == {"budget"}
    assert sum(int(row["principal"]) for row in document["totals"]) == 900 * 10**6


def test_value_at_a_blacklisted_address_is_frozen(desk: Desk) -> None:
    """A resting freezable token at an address labelled as blacklisted by its issuer is `frozen`, with that source."""
    with (desk.home / "labels.csv").open("a") as labels:
        labels.write(f"eip155:1,{REST},Issuer blacklist,frozen\neip155:1,{MULE},Issuer blacklist,frozen\n")
    document = json.loads(desk.trace("--case", "c", "--json").out)
    found = {row["address"]: (row["reason"], row["entity"]) for row in document["endpoints"]}
    assert found[REST] == ("frozen", "Issuer blacklist")
    assert found[EXCHANGE] == ("exchange", "Example Exchange")  # a blacklisted address ends no trail


def test_an_edited_question_is_followed(traced: Desk) -> None:
    """`trace --case DIR` asks what the case.toml says now; what is said on the command line goes before it."""
    file = traced.home / "c" / "case.toml"
    file.write_text(file.read_text().replace("max_hops = 50", "max_hops = 1"))
    edited = json.loads(traced.run("--case", "c", "--json", *traced.options()).out)
    assert {row["reason"] for row in edited["endpoints"]} == {"exchange", "held", "hop_limit"}
    said = json.loads(traced.run("--case", "c", "--json", "--max-hops", "9", *traced.options()).out)
    assert {row["reason"] for row in said["endpoints"]} == {"held", "exchange"}


def test_own_wallets_are_not_stolen_from(desk: Desk) -> None:
    """What goes to --own is no theft; here that leaves nothing."""
    ran = desk.trace("--own", MULE)
    assert ran.code == 6


def test_everything_speaks_chinese(traced: Desk) -> None:
    """--lang zh turns results, errors and help Chinese."""
    assert "合计" in traced.trace("--case", "c", "--lang", "zh").out
    helped = traced.process("--help", "--lang", "zh").out
    assert "用法" in helped or "追踪" in helped
    assert any("\u4e00" <= sign <= "\u9fff" for sign in traced.run(VICTIM, "--lang", "zh").err)


def test_no_colour_where_it_is_not_wanted(traced: Desk) -> None:
    """Without a terminal and with NO_COLOR there is not one escape sequence."""
    ran = traced.process(*THEFT, *traced.options(), "--case", "c", NO_COLOR="1")
    assert "Example Exchange" in ran.out
    assert "\x1b" not in ran.out + ran.err


def test_the_demonstration_runs_offline(shown: tuple[Desk, Ran]) -> None:
    """The demonstration needs no network and no key, says that it is made up, and its cases verify."""
    desk, ran = shown
    assert ran.code == 0, ran.err
    assert "DEMONSTRATION" in ran.err
    assert ran.out.count("100.00 % accounted for") >= 2
    assert desk.run("verify", "demo-evm").code == 0
    assert desk.run("verify", "demo-tron").code == 0


@pytest.mark.parametrize("command", ["audit", "patterns"])
def test_what_explains_a_case_speaks_both_languages(shown: tuple[Desk, Ran], command: str) -> None:
    """The whole audit and the patterns of a case name the same addresses in English and Chinese, and nothing else."""
    found = {lang: shown[0].run(command, "demo-evm", "--all", "--lang", lang) for lang in ("en", "zh")}
    assert [(one.code, one.err) for one in found.values()] == [(0, "")] * 2
    named = [set(re.findall(r"0x[0-9a-f]{40,64}", one.out)) for one in found.values()]
    assert named[0] == named[1]
    assert len(named[0]) >= 3
    assert re.search("[\u4e00-\u9fff]", found["zh"].out)
    assert not re.search("[\u4e00-\u9fff]", found["en"].out)


def test_patterns_as_a_document(shown: tuple[Desk, Ran]) -> None:
    """`trace patterns --json` prints one document and nothing else, with --all or without; every lead has its proof."""
    desk = shown[0]
    ran = desk.process("patterns", "demo-evm", "--json")
    found = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert found["leads"]
    assert all(lead["members"]["transactions"] and lead["params"] for lead in found["leads"])
    assert json.loads(desk.run("patterns", "demo-evm", "--json", "--all").out) == found
    printed = desk.run("patterns", "demo-evm", "--all").out
    assert all(lead["members"]["transactions"][0]["tx"] in printed for lead in found["leads"])


def test_leads_are_read_on_request(tmp_path: Path) -> None:
    """--leads reads whom the emptied wallet paid soon after with other money; the stolen value stays where it was."""
    rows = [*ROWS[:3], (30, MULE, EXCHANGE, 950), (31, FAUCET, MULE, 40), (32, MULE, REST, 40), (33, REST, NOBODY, 40)]
    with town_of(tmp_path, rows) as there:
        desk = desk_in(there, tmp_path)
        plain = json.loads(desk.trace("--case", "plain", "--json").out)
        ran = desk.trace("--case", "leads", "--json", "--leads")
        printed = desk.run("show", "leads", "--all").out
        verified = desk.run("verify", "leads").code
    found = json.loads(ran.out)
    assert {row["address"] for row in plain["involved"] if row["tier"] == "lead"} == {REST}
    assert {row["address"] for row in found["involved"] if row["tier"] == "lead"} == {REST, NOBODY}
    assert found["endpoints"] == plain["endpoints"]
    assert found["totals"] == plain["totals"]
    assert found["stats"]["addresses_fetched"] == plain["stats"]["addresses_fetched"] + 2
    assert NOBODY in printed
    assert verified == 0


def test_sources_lists_every_chain(desk: Desk) -> None:
    """`trace sources` names each chain of the table with its sources and keys."""
    out = desk.run("sources").out
    for name in ("ethereum", "bsc", "tron", "HYPERSYNC_TOKEN", "ETHERSCAN_API_KEY"):
        assert name in out
