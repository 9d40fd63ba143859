"""The leads as somebody reads them: plainly no facts, complete, bilingual, harmless, and the same as JSON."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from chains.model import NATIVE, Asset
from reports.leads import LEADS, MEMBERS, LeadView, leads_document, put_leads
from tests.tracer.patterns.cases import CHAIN, COIN, ordinary, pay, scene, split
from tracer.patterns import Findings, find_patterns
from tracer.words import words

COMMAND = "trace patterns mine --all"
CHINESE = re.compile("[\u4e00-\u9fff]")


def shown(findings: Findings, lang: str = "en", *, colour: bool = False, everything: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=120, force_terminal=colour, color_system="truecolor" if colour else None)
    assets = {key: Asset(*key, "COIN", 6) for lead in findings.leads for key in lead.members.assets}
    put_leads(console, findings, LeadView(words(lang), {CHAIN: "ethereum"}, assets, COMMAND, everything=everything))
    return out.getvalue()


def joined(text: str) -> str:
    """The text without its line breaks, so that sentences can be found wherever they were broken."""
    return re.sub(r"\s*\n\s*", " ", text)


def spread(recipients: int = 5) -> Findings:
    """A fan-out, equal, and what else it shows."""
    amounts = [100 + n for n in range(recipients)]
    return find_patterns(scene([pay(0, "victim", "hub", sum(amounts)), *split(amounts)]))


def test_a_lead_reads_as_agreed() -> None:
    """Name and score, sentence, figures beside their thresholds, how the score comes about, and its members."""
    said = joined(shown(spread()))
    assert "◇ Fan-out · COIN (lead 60/100)" in said
    assert "100 % of the traced value that had come was split among 5 recipients within 24 hours" in said
    assert "Measured: recipients 5 (threshold ≥ 5) · sent 100 % of what had come (threshold ≥ 80)" in said
    assert "coefficient of variation 13 thousandths (threshold ≤ 100)" in said
    assert "Score 60: base 50 · +10 the amounts are nearly equal" in said
    assert "Addresses: 6 hub (ethereum) branch-0 (ethereum)" in said
    assert "Transactions: 5 tx-10-hub-branch-0-100" in said


def test_caveats_are_taken_off_before_the_readers_eyes() -> None:
    """What could not be checked stands with what it costs."""
    passed = [pay(0, "victim", "mule", 100), pay(5, "mule", "next", 100)]
    said = joined(shown(find_patterns(scene(passed))))
    assert "Score 60: base 60 · +10 all within an hour of arriving · −10 calls of contracts were not read" in said


@pytest.mark.parametrize(
    ("lang", "title", "meaning"),
    [("en", "Leads, not facts", "proves nothing"), ("zh", "线索，而非事实", "不能证明任何事")],
)
def test_leads_are_never_taken_for_facts(lang: str, title: str, meaning: str) -> None:
    """A heading and a line say what a lead is, in both languages and whether there are any or not."""
    for findings in (spread(), find_patterns(scene(ordinary()))):
        said = joined(shown(findings, lang))
        assert said.strip().startswith(title)
        assert meaning in said


def test_a_lead_looks_different_from_label_inference_and_fact() -> None:
    """Without colour by its sign and its words, with colour by its colour; no sign of the others is used."""
    plain, coloured = shown(spread()), shown(spread(), colour=True)
    leads = [line for line in plain.splitlines() if "◇" in line]
    assert leads
    assert all("lead" in line for line in leads)
    assert "≈" not in plain
    assert "[" not in plain
    assert re.search(r"\x1b\[[0-9;]*35mFan-out", coloured)


def test_what_could_not_be_examined_is_said() -> None:
    """No lead is not taken for nothing there; the blind spots are named, after the leads."""
    said = joined(shown(find_patterns(scene(ordinary()))))
    assert "No lead in what was examined." in said
    assert "no lead does not mean that nothing is there" in said
    assert said.index("No lead") < said.index("Not examined") < said.index("Shared gas funder — ")
    assert "Payments are known for 6 of 6 accounts that traced value reached" in said


def test_in_chinese_nothing_is_left_in_english() -> None:
    """But for addresses, transactions, names of chains and the command, no English word remains."""
    said = shown(spread(), "zh")
    rest = re.sub(r"tx-\S+|hub|branch-\d|outsider|ethereum|COIN", "", said)
    assert CHINESE.search(said)
    assert not re.search(r"[A-Za-z]{2,}", rest)


def test_long_lists_are_cut_and_the_command_for_all_is_named() -> None:
    """A few members and leads at first; with --all every single one."""
    many = spread(MEMBERS + 2)
    cut, whole = shown(many), shown(many, everything=True)
    assert COMMAND in cut
    assert COMMAND not in whole
    assert f"branch-{MEMBERS + 1} " not in cut
    assert f"branch-{MEMBERS + 1} " in whole
    mules = [
        one
        for n in range(LEADS + 3)
        for one in (pay(n, "victim", f"mule-{n}", 100 + n), pay(n + 9, f"mule-{n}", f"next-{n}", 100 + n))
    ]
    crowd = find_patterns(scene(mules))
    assert len(crowd.leads) > LEADS
    assert shown(crowd).count("◇") == LEADS
    assert shown(crowd, everything=True).count("◇") == len(crowd.leads)
    assert f"… and {len(crowd.leads) - LEADS} more: {COMMAND}" in joined(shown(crowd))


def test_hostile_names_do_no_harm() -> None:
    """Escape sequences in an address or transaction are never printed."""
    evil = "\x1b[31mhub\u202e"
    findings = find_patterns(scene([pay(0, "victim", evil, 100), *split((20,) * 5, payer=evil)]))
    assert findings.leads
    assert "\x1b" not in shown(findings)
    assert "\u202e" not in shown(findings)


def test_the_document_says_the_same() -> None:
    """JSON has members, figures with thresholds, score and its parts as numbers, and what was not examined."""
    findings = spread()
    document = json.loads(json.dumps(leads_document(findings)))
    assert document["accounts"] == {"received": 6, "followed": 6}
    assert len(document["leads"]) == len(findings.leads)
    lead = next(one for one in document["leads"] if one["pattern"] == "fan_out")
    assert lead["score"] == 60
    assert (lead["base"], len(lead["strengths"]), lead["caveats"]) == (50, 1, [])
    assert lead["members"]["addresses"][0] == {"chain": CHAIN, "address": "hub"}
    assert len(lead["members"]["transactions"]) == 5
    assert lead["members"]["assets"] == [{"chain": CHAIN, "asset": COIN}]
    assert lead["params"]["recipients"] == {"measured": 5, "threshold": {"sense": ">=", "value": 5}}
    assert document["not_examined"] == [one._asdict() for one in findings.unexamined]
    assert {"pattern", "why"} == set(document["not_examined"][0])


def test_every_figure_has_a_name_in_both_languages() -> None:
    """Every detector's lead can be shown: no figure or pattern lacks its words."""
    gas = [
        one
        for n in range(2)
        for one in (pay(n, "outsider", f"t-{n}", 7, asset=NATIVE), pay(10 + n, "victim", f"t-{n}", 100))
    ]
    for lang in ("en", "zh"):
        assert "2" in shown(find_patterns(scene(gas)), lang)
