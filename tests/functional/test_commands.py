"""The program as a user meets it: every command, every documented exit code, and what bad input gets."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jsonschema  # type: ignore[import-untyped]
import pandas as pd
import pytest

from tests.lab.desk import StandIn
from tests.lab.etherscan import etherscan_app
from tests.lab.prices import prices_app
from tests.lab.recorded import ServedLedger
from tests.lab.serving import serve
from tracer.store import digest

ROOT = Path(__file__).parents[2]
FAUCET, VICTIM, MULE, EXCHANGE, REST = (f"0x{number:02x}{'0' * 36}{number:02x}" for number in (17, 34, 51, 68, 85))
NOBODY = "0x00000000000000000000000000000000000000ff"
UNKNOWN_TX = "0x" + "ab" * 32
MNEMONIC = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
SINCE = "2023-11-14T22:13:30Z"
START = 1_700_000_000
ROWS = (
    (1, FAUCET, VICTIM, 1_000),
    (2, FAUCET, MULE, 50),
    (20, VICTIM, MULE, 900),
    (30, MULE, EXCHANGE, 400),
    (40, MULE, REST, 100),
)


class Ran(NamedTuple):
    """How a run of the program ended."""

    code: int
    out: str
    err: str


OWN_LISTS = {"TRACER_LABELS": f"{os.devnull}/none"}
"""No test reads the lists of whoever runs it."""


class Desk(NamedTuple):
    """A stand-in explorer with a small theft, and a folder to work in."""

    url: str
    app: StandIn
    home: Path
    ledger: ServedLedger
    prices: str

    def environment(self) -> dict[str, str]:
        """A plain environment: nothing of the tester's own."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LD_LIBRARY_PATH")}
        return {**kept, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "COLUMNS": "110", **OWN_LISTS}

    def command(self, *arguments: str) -> list[str]:
        """The program with these arguments."""
        return [sys.executable, "-m", "tracer", *arguments]

    def run(self, *arguments: str, **environment: str) -> Ran:
        """Run the program to its end."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.home,
            env={**self.environment(), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def options(self, rate: str = "500") -> list[str]:
        """Options that point the program at the stand-in alone."""
        pointed = ["--source", "etherscan", "--endpoint", f"etherscan={self.url}", "--rate", f"etherscan={rate}"]
        return [*pointed, "--endpoint", f"prices={self.prices}", "--rate", "prices=500"]

    def trace(self, *arguments: str, **environment: str) -> Ran:
        """Trace the theft."""
        usual = [VICTIM, "--since", SINCE, "--chain", "ethereum", "--labels", "labels.csv"]
        return self.run(*usual, *self.options(), *arguments, **environment)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    rows = [(at, 0, START + at, sender, receiver, units * 10**6, "flow") for at, sender, receiver, units in ROWS]
    table = pd.DataFrame(rows, columns=["block", "index", "ts", "from", "to", "value", "kind"])
    table.to_parquet(tmp_path / "served.parquet")
    (tmp_path / "labels.csv").write_text(
        f"chain,address,entity,category\neip155:1,{EXCHANGE},Example Exchange,exchange_hot\n"
    )
    ledger = ServedLedger(tmp_path / "served.parquet", "commands")
    app = etherscan_app(ledger)
    with serve(app) as url, serve(prices_app()) as prices:
        yield Desk(f"{url}/v2/api", app, tmp_path, ledger, prices)


def test_a_trace_prints_where_the_money_is_and_exits_0(desk: Desk) -> None:
    """The main job: the exchange is named, every share is there, and the closing line adds up to 100 %."""
    ran = desk.trace("--case", "c")
    assert ran.code == 0, ran.err
    assert "Example Exchange" in ran.out
    assert "350 USDT" in ran.out  # 400 sent, of which the mule's own 50 came first
    assert "100.00 % accounted for" in ran.out


def test_the_json_document_fits_its_schema_and_is_all_that_standard_output_holds(desk: Desk) -> None:
    """--json prints one document that validates; progress goes to standard error."""
    ran = desk.trace("--case", "c", "--json")
    document = json.loads(ran.out)
    jsonschema.validate(document, json.loads((ROOT / "docs" / "trace.schema.json").read_text()))
    assert {row["reason"] for row in document["endpoints"]} == {"exchange", "held"}
    assert sum(int(row["principal"]) for row in document["totals"]) == 900 * 10**6


def test_the_same_command_again_asks_nothing_and_says_the_same(desk: Desk) -> None:
    """A finished case is answered from its evidence, online and offline, byte for byte."""
    first = desk.trace("--case", "c", "--json")
    asked = len(desk.app.counter.seen)
    again, offline = desk.trace("--case", "c", "--json"), desk.trace("--case", "c", "--json", "--offline")
    assert len(desk.app.counter.seen) == asked
    assert first.out == again.out == offline.out


def test_show_list_verify_and_graph_work_on_a_case(desk: Desk) -> None:
    """The companions read the case alone."""
    desk.trace("--case", "cases/c")
    assert "Example Exchange" in desk.run("show", "c").out
    assert "cases/c" in desk.run("list").out
    verified = desk.run("verify", "c")
    assert verified.code == 0, verified.out
    for ending in ("graphml", "gexf"):
        assert desk.run("graph", "c", "--out", f"flow.{ending}").code == 0
        assert EXCHANGE in (desk.home / f"flow.{ending}").read_text()


def test_killed_in_the_middle_the_same_command_finishes(desk: Desk) -> None:
    """A kill -9 loses nothing that was fetched, and the finished result equals an undisturbed one."""
    usual = [VICTIM, "--since", SINCE, "--chain", "ethereum", "--labels", "labels.csv"]
    slow = desk.command(*usual, *desk.options("2"), "--case", "killed", "--json")
    process = subprocess.Popen(
        slow, cwd=desk.home, env=desk.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 30
    while len(desk.app.counter.seen) < 6 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    kept = sqlite3.connect(desk.home / "killed" / "case.sqlite").execute("SELECT count(*) FROM raw").fetchone()[0]
    assert kept >= 5
    resumed, whole = desk.trace("--case", "killed", "--json"), desk.trace("--case", "whole", "--json")
    assert resumed.code == 0
    strip = ("stats", "notes")
    assert {k: v for k, v in json.loads(resumed.out).items() if k not in strip} == {
        k: v for k, v in json.loads(whole.out).items() if k not in strip
    }


def test_interrupted_it_stops_cleanly_with_130(desk: Desk) -> None:
    """Ctrl-C ends with one line that says how to go on."""
    usual = [VICTIM, "--since", SINCE, "--chain", "ethereum", "--labels", "labels.csv"]
    slow = desk.command(*usual, *desk.options("1"), "--case", "c")
    process = subprocess.Popen(
        slow, cwd=desk.home, env=desk.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while len(desk.app.counter.seen) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "run the same command again" in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param([], 2, "", id="no since"),
        pytest.param(["--since", "yesterday"], 2, "--since takes", id="a since that is none"),
        pytest.param(["--since", "2024-07-16T12:04:47"], 2, "zone", id="a time without a zone"),
        pytest.param(["--since", "25"], 2, "--chain", id="a block without a chain"),
        pytest.param(["--since", UNKNOWN_TX, "--chain", "ethereum"], 2, "not found", id="an unknown transaction"),
        pytest.param(["--since", UNKNOWN_TX], 2, "no chain", id="a transaction on no chain"),
        pytest.param(["--since", SINCE, "--chain", "nochain"], 2, "nochain", id="an unknown chain"),
        pytest.param(["--since", SINCE, "--chain", "ethereum", "--rate", "etherscan=fast"], 2, "rate", id="a bad rate"),
        pytest.param(["--since", SINCE, "--chain", "ethereum", "--own", "0x12"], 2, "--own", id="a bad own wallet"),
        pytest.param(
            ["--since", SINCE, "--chain", "ethereum", "--endpoint", "foo=http://x"], 2, "foo", id="no such source"
        ),
        pytest.param(
            ["--since", SINCE, "--chain", "ethereum", "--min-value", "lots"], 2, "100", id="a bad least value"
        ),
        pytest.param(["--since", "9", "--chain", "ethereum", "--stolen", "tx"], 2, "hash", id="no hash"),
        pytest.param(["--since", "45", "--chain", "ethereum"], 6, "nothing left", id="nothing stolen"),
    ],
)
def test_bad_input_gets_one_clear_line_and_its_exit_code(
    desk: Desk, arguments: list[str], code: int, said: str
) -> None:
    """Every mistake in the question is named in a line, with the documented code, and never a traceback."""
    ran = desk.run(VICTIM, *desk.options(), *arguments)
    assert ran.code == code, ran.err
    assert said in ran.err
    assert "trace:" in ran.err


def test_a_wrong_checksum_is_refused(desk: Desk) -> None:
    """Mixed case that fails EIP-55 is a typing error, caught before anything is asked."""
    wrong = "0x8B3cb6bf982798fba233bca56749e22eec42dcf3"
    ran = desk.run(wrong, "--since", SINCE, "--chain", "ethereum", *desk.options())
    assert ran.code == 2
    assert "checksum" in ran.err
    assert desk.app.counter.seen == []


def test_a_tron_address_with_an_evm_transaction_is_refused(desk: Desk) -> None:
    """The two spellings of a hash tell the chains apart."""
    ran = desk.run(
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "--since", UNKNOWN_TX, "--endpoint", "trongrid=http://127.0.0.1:9"
    )
    assert ran.code == 2
    assert "TRON" in ran.err


def test_an_unreachable_source_costs_seconds_and_exits_4(desk: Desk) -> None:
    """Nobody waits minutes for a host that is gone."""
    began = time.monotonic()
    gone = ["--source", "etherscan", "--endpoint", "etherscan=http://127.0.0.1:9"]
    ran = desk.run(VICTIM, "--since", SINCE, "--chain", "ethereum", *gone)
    assert ran.code == 4
    assert "etherscan" in ran.err
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("secret", [MNEMONIC, KEY, f"0x{KEY}"])
def test_a_secret_is_refused_in_both_languages_and_never_echoed(desk: Desk, secret: str) -> None:
    """A mnemonic or private key in any argument is refused, not repeated, not stored, not sent."""
    ran = desk.run(*secret.split(), "--since", SINCE, "--chain", "ethereum", "--case", "c", *desk.options())
    assert ran.code == 2
    assert "private key" in ran.err
    assert "私钥" in ran.err
    assert secret.rsplit(maxsplit=1)[-1] not in ran.err + ran.out
    assert not (desk.home / "c").exists()
    assert desk.app.counter.seen == []


def test_a_secret_in_a_file_is_refused(desk: Desk) -> None:
    """A labels file that holds a mnemonic is not read into the case."""
    (desk.home / "labels.csv").write_text(f"chain,address,entity,category\n# {MNEMONIC}\n")
    ran = desk.trace("--case", "c")
    assert ran.code == 2
    assert "私钥" in ran.err
    assert not (desk.home / "c").exists()


def test_a_changed_answer_is_tampering_with_exit_code_5(desk: Desk) -> None:
    """One byte changed in the evidence is found by verify and by the next run."""
    desk.trace("--case", "c")
    with sqlite3.connect(desk.home / "c" / "case.sqlite") as database:
        database.execute("UPDATE raw SET body = x'789c030000000001' WHERE id = 3")
    assert desk.run("verify", "c").code == 5
    assert desk.trace("--case", "c").code == 5


def test_a_damaged_database_is_named_with_exit_code_5(desk: Desk) -> None:
    """A file that is no database any more is a damaged case, and says so."""
    desk.trace("--case", "c")
    for leftover in (desk.home / "c").glob("case.sqlite-*"):
        leftover.unlink()
    (desk.home / "c" / "case.sqlite").write_bytes(b"SQLite format 3\x00" + b"damage" * 1000)
    ran = desk.trace("--case", "c")
    assert ran.code == 5
    assert "damaged" in ran.err


def test_verify_says_what_differs_and_exits_1(desk: Desk) -> None:
    """A result that the evidence does not give is shown place by place, and a label file that was changed is named."""
    desk.trace("--case", "c")
    with (desk.home / "c" / "labels" / "1-labels.csv").open("a") as labels:
        labels.write(f"eip155:1,{REST},Another Exchange,exchange_hot\n")
    with sqlite3.connect(desk.home / "c" / "case.sqlite") as database:
        (result,) = database.execute("SELECT result FROM run").fetchone()
        other = result.replace('"Example Exchange"', '"Another Exchange"')
        database.execute("UPDATE run SET result = ?, result_sha256 = ?", (other, digest(other.encode())))
    ran = desk.run("verify", "c")
    assert ran.code == 1
    assert "endpoints[1].entity" in ran.out
    assert "input labels/1-labels.csv" in ran.out
    assert "trace rescreen c" in ran.out


def test_a_case_about_other_victims_is_not_overwritten(desk: Desk) -> None:
    """Another question needs another folder."""
    desk.trace("--case", "c")
    ran = desk.run(MULE, "--since", SINCE, "--chain", "ethereum", "--case", "c", *desk.options())
    assert ran.code == 2
    assert "other victims" in ran.err


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
    asked = len(desk.app.counter.seen)
    ran = desk.trace("--case", "c", "--json", "--refresh")
    assert ran.code == 0, ran.err
    assert len(desk.app.counter.seen) == 2 * asked
    assert desk.run("verify", "c").code == 0


def test_verify_speaks_of_the_last_result_after_an_unfinished_refresh(desk: Desk) -> None:
    """A refresh that found no source leaves the finished result as it was, and that one still verifies."""
    desk.trace("--case", "c")
    usual = [VICTIM, "--since", SINCE, "--chain", "ethereum", "--labels", "labels.csv", "--case", "c", "--refresh"]
    gone = ["--source", "routescan", "--endpoint", "routescan=http://127.0.0.1:9"]
    assert desk.run(*usual, *gone).code == 4
    verified = desk.run("verify", "c")
    assert verified.code == 0, verified.out


def test_refresh_and_offline_exclude_each_other(desk: Desk) -> None:
    """Asking again without asking is no question."""
    assert desk.trace("--refresh", "--offline").code == 2


def test_a_reorganisation_while_reading_is_a_gap(desk: Desk) -> None:
    """A newest block that was replaced by the time the reading ends weakens the result, and it says so."""
    usual = [VICTIM, "--since", SINCE, "--chain", "ethereum", "--labels", "labels.csv"]
    slow = desk.command(*usual, *desk.options("6"), "--case", "c", "--json")
    process = subprocess.Popen(
        slow, cwd=desk.home, env=desk.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while len(desk.app.counter.seen) < 6 and time.monotonic() < deadline:
        time.sleep(0.02)
    desk.ledger.fork(35)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert [gap["kind"] for gap in json.loads(out)["gaps"]] == ["reorg"]


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


def test_an_edited_question_is_followed(desk: Desk) -> None:
    """`trace --case DIR` asks what the case.toml says now; what is said on the command line goes before it."""
    desk.trace("--case", "c")
    file = desk.home / "c" / "case.toml"
    file.write_text(file.read_text().replace("max_hops = 50", "max_hops = 1"))
    edited = json.loads(desk.run("--case", "c", "--json", *desk.options()).out)
    assert {row["reason"] for row in edited["endpoints"]} == {"exchange", "held", "hop_limit"}
    said = json.loads(desk.run("--case", "c", "--json", "--max-hops", "9", *desk.options()).out)
    assert {row["reason"] for row in said["endpoints"]} == {"held", "exchange"}


def test_own_wallets_are_not_stolen_from(desk: Desk) -> None:
    """What goes to --own is no theft; here that leaves nothing."""
    ran = desk.trace("--own", MULE)
    assert ran.code == 6


def test_everything_speaks_chinese(desk: Desk) -> None:
    """--lang zh turns results, errors and help Chinese."""
    assert "合计" in desk.trace("--case", "c", "--lang", "zh").out
    assert "用法" in desk.run("--help", "--lang", "zh").out or "追踪" in desk.run("--help", "--lang", "zh").out
    assert any("\u4e00" <= sign <= "\u9fff" for sign in desk.run(VICTIM, "--lang", "zh").err)


def test_no_colour_where_it_is_not_wanted(desk: Desk) -> None:
    """Without a terminal and with NO_COLOR there is not one escape sequence."""
    ran = desk.trace("--case", "c", NO_COLOR="1")
    assert "\x1b" not in ran.out + ran.err


def test_the_demonstration_runs_offline(desk: Desk) -> None:
    """The demonstration needs no network and no key, says that it is made up, and its cases verify."""
    ran = desk.run("demo")
    assert ran.code == 0, ran.err
    assert "DEMONSTRATION" in ran.err
    assert ran.out.count("100.00 % accounted for") >= 2
    assert desk.run("verify", "demo-evm").code == 0
    assert desk.run("verify", "demo-tron").code == 0


@pytest.mark.parametrize("command", ["audit", "patterns"])
def test_what_explains_a_case_speaks_both_languages(desk: Desk, command: str) -> None:
    """The whole audit and the patterns of a case name the same addresses in English and Chinese, and nothing else."""
    assert desk.run("demo").code == 0
    found = {lang: desk.run(command, "demo-evm", "--all", "--lang", lang) for lang in ("en", "zh")}
    assert [(one.code, one.err) for one in found.values()] == [(0, "")] * 2
    named = [set(re.findall(r"0x[0-9a-f]{40,64}", one.out)) for one in found.values()]
    assert named[0] == named[1]
    assert len(named[0]) >= 3
    assert re.search("[\u4e00-\u9fff]", found["zh"].out)
    assert not re.search("[\u4e00-\u9fff]", found["en"].out)


def test_patterns_as_a_document(desk: Desk) -> None:
    """`trace patterns --json` prints one document and nothing else, with --all or without; every lead has its proof."""
    assert desk.run("demo").code == 0
    ran = desk.run("patterns", "demo-evm", "--json")
    found = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert found["leads"]
    assert all(lead["members"]["transactions"] and lead["params"] for lead in found["leads"])
    assert json.loads(desk.run("patterns", "demo-evm", "--json", "--all").out) == found
    shown = desk.run("patterns", "demo-evm", "--all").out
    assert all(lead["members"]["transactions"][0]["tx"] in shown for lead in found["leads"])


@pytest.mark.parametrize("command", ["bounds", "patterns"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_unknown_case_is_one_line(desk: Desk, command: str, lang: str) -> None:
    """A case that is not there is named in a line that says how to find those that are."""
    ran = desk.run(command, "nothing", "--lang", lang)
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("trace: ")
    assert ran.err.count("\n") == 1
    assert "trace list" in ran.err


def test_leads_are_read_on_request(desk: Desk) -> None:
    """--leads reads whom the emptied wallet paid soon after with other money; the stolen value stays where it was."""
    rows = [*ROWS[:3], (30, MULE, EXCHANGE, 950), (31, FAUCET, MULE, 40), (32, MULE, REST, 40), (33, REST, NOBODY, 40)]
    served = [(at, 0, START + at, sender, receiver, units * 10**6, "flow") for at, sender, receiver, units in rows]
    table = pd.DataFrame(served, columns=["block", "index", "ts", "from", "to", "value", "kind"])
    table.to_parquet(desk.home / "leads.parquet")
    with serve(etherscan_app(ServedLedger(desk.home / "leads.parquet", "leads"))) as url:
        there = desk._replace(url=f"{url}/v2/api")
        plain = json.loads(there.trace("--case", "plain", "--json").out)
        ran = there.trace("--case", "leads", "--json", "--leads")
        shown = there.run("show", "leads", "--all").out
    found = json.loads(ran.out)
    assert {row["address"] for row in plain["involved"] if row["tier"] == "lead"} == {REST}
    assert {row["address"] for row in found["involved"] if row["tier"] == "lead"} == {REST, NOBODY}
    assert found["endpoints"] == plain["endpoints"]
    assert found["totals"] == plain["totals"]
    assert found["stats"]["addresses_fetched"] == plain["stats"]["addresses_fetched"] + 2
    assert NOBODY in shown
    assert desk.run("verify", "leads").code == 0


def test_sources_lists_every_chain(desk: Desk) -> None:
    """`trace sources` names each chain of the table with its sources and keys."""
    out = desk.run("sources").out
    for name in ("ethereum", "bsc", "tron", "HYPERSYNC_TOKEN", "ETHERSCAN_API_KEY"):
        assert name in out


def test_a_key_never_reaches_the_case_or_the_screen(desk: Desk) -> None:
    """A canary key is sent to the source and found nowhere else."""
    canary = "CANARYKEY0123456789"
    ran = desk.trace("--case", "c", ETHERSCAN_API_KEY=canary)
    assert ran.code == 0
    assert canary not in ran.out + ran.err
    for file in (desk.home / "c").rglob("*"):
        if file.is_file():
            assert canary.encode() not in file.read_bytes(), file
