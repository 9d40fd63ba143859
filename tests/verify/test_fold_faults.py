"""The checker's sum of a whole bundle: a sound one passes, and whatever one thing is changed in it is named."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.verify.checker import checker
from tests.verify.fold_worlds import CHAIN, METHODS, M, World, example, number, swapped, tables


def asset(name: str = "D") -> dict[str, Any]:
    return {"chain": CHAIN, "id": name, "symbol": name, "decimals": 0}


def principal(amount: int) -> list[dict[str, Any]]:
    return [{"origin": "1", "asset": asset(), "amount": str(amount)}]


def said() -> Any:
    """The worked sum as a bundle: ledger, accounts, rows, and a result written by hand from the page's fifo column."""
    world = example()
    v, case = world.v, world.case
    case.ledger = [
        v.Line(n + 1, CHAIN, row.tx, n + 1, 0, 3, (0,), row.time, "D", row.sender, row.receiver, row.amount, 0, 1, "")
        for n, row in enumerate(case.rows)
    ]
    case.accounts[CHAIN, M, "D"] = v.Account(CHAIN, M, "D", 1, 0, (), v.Held(2_000_000, 5, 1), None)
    times = [f"1970-01-01T00:00:0{n}Z" for n in range(5)]
    table = {row[0]: [number(cell) for cell in row[1:4]] for row in tables("### Side by side")[0][1:]}
    compared = []
    for column, (who, reason) in enumerate((("A", "dust"), ("B", "dust"), (M, "held"))):
        units = {method: str(table[method][column]) for method in METHODS}
        row = {"chain": CHAIN, "address": who, "asset": asset(), "reason": reason, "units": units}
        compared.append(row | {"principal": [{"asset": asset(), "units": dict(units)}]})
    flows, ends, rows = [], [], []
    for n, payer, payee, traced in ((1, "V", M, 3_000_000), (3, M, "A", 2_000_000), (4, M, "B", 1_000_000)):
        row = case.rows[n]
        flow = {"chain": CHAIN, "tx": row.tx, "position": row.position, "time": times[n], "from": payer, "to": payee}
        flow |= {"asset": asset(), "amount": str(row.amount), "traced": str(traced), "principal": principal(traced)}
        flows.append(flow | {"via": [], "conversion": None})
        held, sent = (0, traced) if payee == M else (traced, 0)
        about: dict[str, Any] = {"chain": CHAIN, "address": payee, "asset": asset()}
        stand: dict[str, Any] = {
            "hop": 1 if payee == M else 2,
            "received": str(traced),
            "sent": str(sent),
            "held": str(held),
        }
        rows.append(about | stand | {"marks": []})
        if payee != M:
            end = about | {"amount": str(traced), "principal": principal(traced), "category": "", "entity": ""}
            end |= {"confidence": 100, "source": "", "reason": "dust", "rule": "too little", "arrived": times[n]}
            ends.append(end | {"path": ["t1", row.tx], "swept_to": None, "usd": None})
    theft = {"id": "1", "chain": CHAIN, "victim": "V", "since": "t1", "tx": "t1", "to": M, "time": times[1]}
    case.trace = {
        "method": "fifo",
        "followed": ["fifo"],
        "highest_first": False,
        "origins": [theft],
        "stolen": principal(3_000_000),
        "endpoints": ends,
        "flows": flows,
        "conversions": [],
        "addresses": rows,
        "methods": compared,
        "totals": [{"origin": "1", "asset": asset(), "reason": "dust", "principal": "3000000"}],
        "unverified": [],
        "deposits": [],
        "freezes": [],
        "bounds": [bound("dust", 1_000_000, 3_000_000), bound("held", 0, 2_000_000)],
        "involved": [],
    }
    case.labels = {"lists": {}, "said": {}}
    case.params = {
        "question": {"method": "fifo", "highest_first": False, "stolen": "all", "max_hops": 50},
        "victims": [{"chain": CHAIN, "address": "V", "since": "t1", "low": 2, "tx_index": 0}],
        "own": [],
        "chains": {CHAIN: {"horizon": 5, "coin": "ETH", "decimals": 18, "wrapped": ""}},
        "seeds": [{"origin": "1", "ledger": 2}],
        "least": [{"chain": CHAIN, "asset": "D", "units": "2000001"}],
    }
    return case


def bound(reason: str, least: int, most: int) -> dict[str, Any]:
    row = {"asset": asset(), "reason": reason, "least": str(least), "most": str(most)}
    return row | {"weak": False, "principal": False}


def findings(case: Any) -> set[str]:
    """The sentences that a check ends with where something differs; every one is said in both languages."""
    v = checker()
    report = v.Report()
    v.check_sum(case, report)
    for _, key, values in report.found:
        assert all(one.format(**values) for one in v.WORDS[key])
    return {key for level, key, _ in report.found if level == "differs"}


def test_a_sound_sum_is_fine() -> None:
    """The worked sum, written as a bundle by hand, passes in every part."""
    assert findings(said()) == set()


def row_of(case: Any, n: int, **change: Any) -> None:
    case.rows[n] = case.rows[n]._replace(**change)


def no_theft(case: Any) -> None:
    case.ledger.append(case.ledger[-1]._replace(n=6, tx="t5", sender="V", receiver="X"))


def more_thefts(case: Any) -> None:
    case.params["victims"][0]["low"] = 3
    case.params["victims"][0]["since"] = case.trace["origins"][0]["since"] = "3"


def dropped_row(case: Any) -> None:
    case.ledger.append(case.ledger[-1]._replace(n=6, tx="t5", sender="C", receiver=M))


def other_opening(case: Any) -> None:
    case.accounts[CHAIN, M, "D"] = case.accounts[CHAIN, M, "D"]._replace(opening=1)


def beyond_the_horizon(case: Any) -> None:
    case.params["chains"][CHAIN]["horizon"] = 4


def moved_endpoint(case: Any) -> None:
    case.trace["endpoints"][0]["address"] = "X"


def a_unit_more(case: Any) -> None:
    case.trace["endpoints"][0]["amount"] = "2000001"


def other_principal(case: Any) -> None:
    case.trace["endpoints"][0]["principal"] = principal(1_999_999)


def other_flow(case: Any) -> None:
    case.trace["flows"][1]["traced"] = "2000001"


def other_method(case: Any) -> None:
    case.trace["methods"][1]["units"]["lifo"] = "2999999"


def other_stand(case: Any) -> None:
    case.trace["methods"][1]["principal"][0]["units"]["pro_rata"] = "1"


def other_address(case: Any) -> None:
    case.trace["addresses"][0]["sent"] = "1"


def wrong_way(case: Any) -> None:
    case.trace["endpoints"][0]["path"] = ["t1", "t4"]


def not_so_small(case: Any) -> None:
    case.params["least"][0]["units"] = "2000000"


def made_up_label(case: Any) -> None:
    case.trace["endpoints"][0] |= {"entity": "Some exchange", "source": "a list"}


def narrow_bound(case: Any) -> None:
    case.trace["bounds"][1]["most"] = "1999999"


def other_decimals(case: Any) -> None:
    case.trace["endpoints"][0]["asset"] = asset() | {"decimals": 1}


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (no_theft, "sum.theft_left_out"),
        (more_thefts, "sum.no_theft"),
        (dropped_row, "sum.row_missing"),
        (lambda case: row_of(case, 3, amount=4_000_001), "sum.row_wrong"),
        (lambda case: row_of(case, 2, pays="theft", origin=0), "sum.theft_amount"),
        (other_opening, "sum.opening"),
        (beyond_the_horizon, "sum.row_extra"),
        (moved_endpoint, "sum.endpoint"),
        (a_unit_more, "sum.endpoint"),
        (other_principal, "sum.stands"),
        (other_flow, "sum.flow"),
        (other_method, "sum.units.lifo"),
        (other_stand, "sum.principal.pro_rata"),
        (other_address, "sum.address"),
        (wrong_way, "sum.path"),
        (not_so_small, "sum.reason"),
        (made_up_label, "sum.label"),
        (narrow_bound, "sum.bound.clean_first"),
        (other_decimals, "sum.asset"),
    ],
)
def test_a_changed_number_is_found(fault: Any, sentence: str) -> None:
    """Whatever one thing is changed, the check names it."""
    case = said()
    fault(case)
    assert sentence in findings(case)


def test_what_is_no_number_at_all_is_malformed() -> None:
    """A result that lacks what it must have is refused, not passed."""
    v = checker()
    for name in ("flows", "methods", "endpoints", "origins"):
        case = said()
        del case.trace[name]
        with pytest.raises(v.Malformed):
            v.check_sum(case, v.Report())


# --- transactions that were opened


def opened(rows: list[tuple[str, str, int]]) -> Any:
    """The page's splitter: its legs in the ledger, A and B followed, and these rows in the sum."""
    world = World(("A", "B"))
    v, case = world.v, world.case
    for n, (_, payer, payee, units) in enumerate(tables("### Net deltas, conduits and links")[0][1:]):
        case.ledger.append(v.Line(n + 1, CHAIN, "t", 1, 0, 3, (n,), 0, "D", payer, payee, number(units), 0, 1, ""))
    for payer, payee, amount in rows:
        world.pay(payer, payee, amount, tx="t", position="1:0:3:0", time=0, ledger=None)
    case.params = {"chains": {CHAIN: {"horizon": 9, "wrapped": ""}}, "victims": [], "seeds": [], "own": []}
    case.trace = {"origins": []}
    return case


def test_links_carry_every_net_delta() -> None:
    """The page's links pass; one that takes from A what B paid, or gives X more than its legs did, does not."""
    links = [
        (payer, payee, number(units)) for payer, payee, units in tables("### Net deltas, conduits and links")[1][1:]
    ]
    for rows, sound in (
        (links, True),
        ([("A", "X", 70), ("A", "Y", 60)], False),
        ([("A", "X", 80), ("B", "Y", 50)], False),
    ):
        case, v = opened(rows), checker()
        report = v.Report()
        v._fold_check_opened(case, v._FoldKnown(case), report)
        assert {key for _, key, _ in report.found} == ({"sum.opened"} if sound else {"sum.net"}), rows


def test_contradicting_conversions_are_not_folded() -> None:
    """Where something comes out before all is in, the sum is not done again, and the check says so."""
    world = swapped()
    pots = world.case.pots
    pots[0] = pots[0]._replace(ins=pots[0].outs, outs=pots[0].ins)
    known = SimpleNamespace(theft=lambda row: row.origin)
    assert not world.v._fold_check_pots(world.case, known, world.v.Report())


def test_equal_units_weigh_the_same() -> None:
    """Two rows of one asset with different weights, or outputs whose values are not as their amounts, are found."""
    world = World(assets=("D", "P"))
    world.pay("V", M, 10)
    world.convert([("D", 5, 1), ("D", 5, 2)], [("P", 4)])
    world.convert([("P", 4, 1)], [("D", 3), ("D", 1)])
    assert [world.v._fold_shared_well(world.case, pot) for pot in world.case.pots] == [False, False]


def test_a_victims_moment() -> None:
    """From the given place in a block on counts; before it does not; where the place is not told, nobody can say."""
    v = checker()
    victim = {"since": "0xAB", "low": 7, "tx_index": 3}
    for tx, height, tx_index, one_tx, counts in (
        ("0xab", 7, 3, True, True),
        ("0xcd", 7, 4, False, True),
        ("0xcd", 7, 4, True, False),
        ("0xcd", 7, 2, False, False),
        ("0xcd", 6, 9, False, False),
        ("0xcd", 7, -1, False, None),
        ("0xcd", 8, -1, False, True),
    ):
        line = v.Line(1, CHAIN, tx, height, tx_index, 3, (), 0, "D", "V", M, 1, 0, 1, "")
        assert v._fold_since(victim, line, one_tx=one_tx) is counts
