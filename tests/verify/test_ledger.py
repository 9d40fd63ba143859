"""The checker holds the ledger to the answers: lines to their records, records to lines, histories to be whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.verify.checker import checker
from tests.verify.made_answers import (
    ANN,
    BOB,
    CAT,
    CHAIN,
    COIN,
    DEPOSIT,
    TOKEN,
    TRANSFER,
    answer,
    call,
    log,
    paid,
    receipt,
    rpc,
    time_of,
    trace,
    tx_hash,
    word,
)

HORIZON = 100
NOBODY = "0x" + "0" * 40


class Made:
    """A case that grows by answers and lines. Ann was robbed at height 10 and paid Bob, who is followed."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.case = checker().Case(lambda name: self.bodies[name], [])
        self.case.params = {
            "generation": 1,
            "question": {"stolen": "tx", "until": None},
            "victims": [{"chain": CHAIN, "address": ANN, "low": 10}],
            "chains": {CHAIN: {"horizon": HORIZON, "wrapped": COIN}},
        }
        self.case.trace = {"gaps": []}

    def answer(self, asked: Any, data: Any) -> int:
        """One more answer, the last to its question."""
        asked = asked._replace(n=len(self.case.answers) + 1)
        asked = asked._replace(sha256=f"{asked.n:064x}")
        self.case.answers[asked.n] = asked
        self.case.last[asked.question] = asked.n
        self.bodies["raw/" + asked.sha256] = json.dumps(data).encode()
        return int(asked.n)

    def line(
        self, at: tuple[int, str], tx: int, height: int, kind: int, move: tuple[str, str, str, int], **more: Any
    ) -> None:
        """One more line, cited from (answer, place)."""
        fields = {
            "n": len(self.case.ledger) + 1,
            "chain": CHAIN,
            "tx": tx_hash(tx),
            "height": height,
            "tx_index": 0,
            "kind": kind,
            "index": (0,),
            "time": time_of(height),
            "nth": 0,
            "answer": at[0],
            "place": at[1],
        }
        names = ("asset", "sender", "receiver", "amount")
        self.case.ledger.append(checker().Line(**{**fields, **dict(zip(names, move, strict=True)), **more}))

    def follow(self, address: str, asset: str, low: int, **more: Any) -> None:
        """One more followed account."""
        account = checker().Account(CHAIN, address, asset, low, 0, (), None, None)._replace(**more)
        self.case.accounts[CHAIN, address, asset] = account

    def found(self) -> list[tuple[str, str]]:
        """What the checker says: (level, sentence) of each finding that is not fine."""
        report = checker().Report()
        checker().check_ledger(self.case, report)
        for _, key, values in report.found:
            for text in checker().WORDS[key]:
                assert text.format(**values)
        return [(level, key) for level, key, _ in report.found if level != "fine"]


def logs(made: Made, address: str, side: str, rows: list[Any], low: int = 10, high: int = HORIZON) -> int:
    """A node's answer: what an address paid, or received, of the token."""
    topics = [[TRANSFER], word(address)] if side == "out" else [[TRANSFER], None, word(address)]
    asked = {"address": TOKEN, "fromBlock": hex(low), "toBlock": hex(high), "topics": topics}
    return made.answer(rpc(0, "eth_getLogs", asked), {"result": rows})


def theft(*, later: int = HORIZON) -> Made:
    """Ann pays Bob 9 twice in one transaction; Bob pays Cat 4. Bob's history is read to ``later``."""
    made = Made()
    stolen = [paid(1, 10, 3, (ANN, BOB), 9), paid(1, 10, 5, (ANN, BOB), 9)]
    came = logs(made, BOB, "in", stolen, high=later)
    went = logs(made, BOB, "out", [paid(2, 20, 0, (BOB, CAT), 4)], high=later)
    made.line((came, "/result/0"), 1, 10, 3, (TOKEN, ANN, BOB, 9), index=(3,))
    made.line((came, "/result/1"), 1, 10, 3, (TOKEN, ANN, BOB, 9), index=(5,), nth=1)
    made.line((went, "/result/0"), 2, 20, 3, (TOKEN, BOB, CAT, 4))
    made.follow(BOB, TOKEN, 10)
    return made


def test_a_ledger_that_is_as_the_answers_say_is_found_so() -> None:
    """Nothing but fine findings."""
    assert theft().found() == []


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"amount": 5}, "ledger.nowhere"),
        ({"sender": CAT}, "ledger.nowhere"),
        ({"receiver": ANN}, "ledger.nowhere"),
        ({"asset": COIN}, "ledger.nowhere"),
        ({"tx": tx_hash(7)}, "ledger.nowhere"),
        ({"kind": 2}, "ledger.nowhere"),
        ({"place": "/result/4"}, "ledger.nowhere"),
        ({"place": ""}, "ledger.nowhere"),
        ({"answer": 1}, "ledger.nowhere"),
        ({"height": 21}, "ledger.height"),
        ({"time": 1}, "ledger.time"),
        ({"tx_index": 1}, "ledger.tx_index"),
        ({"index": (1,)}, "ledger.index"),
        ({"nth": 1}, "ledger.nth"),
    ],
)
def test_a_line_that_is_not_as_its_record_is_found(change: dict[str, Any], key: str) -> None:
    """Whatever field was changed."""
    made = theft()
    made.case.ledger[2] = made.case.ledger[2]._replace(**change)
    assert ("differs", key) in made.found()


def test_a_missing_line_is_found_wherever_it_concerns_a_followed_account() -> None:
    """Also one of two equal payments in one transaction."""
    for i in range(3):
        made = theft()
        del made.case.ledger[i]
        made.case.ledger = [line._replace(nth=0) if i == 0 else line for line in made.case.ledger]
        assert made.found() == [("differs", "ledger.missing")]


def test_a_record_beyond_the_case_is_not_missed() -> None:
    """Before an account is followed, after the last height, and between strangers."""
    made = theft()
    rows = [paid(5, 9, 0, (CAT, BOB), 1), paid(6, 101, 0, (BOB, CAT), 1), paid(7, 50, 0, (CAT, "0x" + "d" * 40), 1)]
    made.answer(rpc(0, "eth_getLogs", {"topics": []}), {"result": rows})
    assert made.found() == []


def test_what_a_victim_paid_is_never_missing() -> None:
    """Of any asset, though no account of it is followed."""
    made = theft()
    made.answer(rpc(0, "eth_getLogs", {"topics": []}), {"result": [paid(8, 10, 0, (ANN, CAT), 1, COIN)]})
    assert made.found() == [("differs", "ledger.missing")]


def test_one_record_is_one_transfer() -> None:
    """Not two, even where they are numbered as equal ones; and not one for each answer that shows it."""
    made = theft()
    made.case.ledger.append(made.case.ledger[2]._replace(n=4, nth=1))
    assert made.found() == [("differs", "ledger.same_record")]
    again = made.answer(rpc(0, "eth_getLogs", {"topics": [1]}), {"result": [paid(2, 20, 0, (BOB, CAT), 4)]})
    made.case.ledger[3] = made.case.ledger[3]._replace(answer=again)
    assert made.found() == [("differs", "ledger.too_often")]


@pytest.mark.parametrize(
    ("change", "key"), [({"kind": "throttled"}, "ledger.unusable"), ({"generation": 2}, "ledger.later")]
)
def test_a_line_rests_on_a_usable_answer_of_its_time(change: dict[str, Any], key: str) -> None:
    """Not on an error, nor on an answer that came after the result."""
    made = theft()
    made.case.answers[2] = made.case.answers[2]._replace(**change)
    made.case.answers[2] = made.case.answers[2]._replace(question="another")
    made.case.last = {one.question: n for n, one in made.case.answers.items() if n == 1}
    assert ("differs", key) in made.found()


def test_a_page_that_is_missing_is_found() -> None:
    """Explorers' pages are numbered; TronGrid's name the next."""
    made = theft()
    query = {"module": "account", "action": "tokentx", "address": CAT, "chainid": 1, "startblock": 10, "offset": 1}
    for page in (1, 3):
        made.answer(answer(0, "etherscan", {**query, "page": page}), {"status": "0", "result": []})
    assert made.found() == [("differs", "reach.page")]


def test_a_history_that_was_not_read_to_the_end_is_found() -> None:
    """Unless the result itself says so."""
    made = theft(later=60)
    assert made.found() == [("unknown", "reach.in")]
    made.case.trace = {"gaps": [{"kind": "history", "where": f"{CHAIN} {BOB}", "why": "nobody answered"}]}
    assert made.found() == [("stated", "reach.doubtful")]
    logs(made, BOB, "in", [], low=61)
    made.case.trace = {"gaps": []}
    assert made.found() == [("unknown", "reach.out")]
    logs(made, BOB, "out", [], low=61)
    assert made.found() == []


def test_a_full_page_is_not_the_end_of_a_list() -> None:
    """A page as long as was asked for proves nothing of its last block."""
    query = {"module": "account", "action": "tokentx", "address": BOB, "chainid": 1, "page": 1, "offset": 1}
    row = {"blockNumber": "20", "timeStamp": str(time_of(20)), "hash": tx_hash(2), "transactionIndex": "0"}
    row |= {"from": BOB, "to": CAT, "value": "4", "contractAddress": TOKEN}
    made = Made()
    n = made.answer(answer(0, "etherscan", {**query, "startblock": 10}), {"result": [row]})
    made.line((n, "/result/0"), 2, 20, 3, (TOKEN, BOB, CAT, 4), index=())
    made.follow(BOB, TOKEN, 10)
    assert made.found() == [("unknown", "reach.in")]
    made.answer(answer(0, "etherscan", {**query, "page": 2, "startblock": 10}), {"result": []})
    assert made.found() == []


def test_equal_rows_of_one_list_are_counted_over_its_pages_and_not_over_lists() -> None:
    """Two equal rows on two pages are two payments; the same row in two people's lists is one."""
    row = {"blockNumber": "20", "timeStamp": str(time_of(20)), "hash": tx_hash(2), "transactionIndex": "0"}
    row |= {"from": BOB, "to": CAT, "value": "4", "contractAddress": TOKEN}
    made = Made()
    made.follow(BOB, TOKEN, 10)
    for who in (BOB, CAT):
        for page, rows in ((1, [row]), (2, [row]), (3, [])):
            query = {"action": "tokentx", "address": who, "page": page, "offset": 1, "startblock": 10}
            made.answer(answer(0, "etherscan", {**query, "module": "account", "chainid": 1}), {"result": rows})
    for nth in (0, 1):
        made.line((nth + 1, "/result/0"), 2, 20, 3, (TOKEN, BOB, CAT, 4), index=(), nth=nth)
    assert made.found() == []
    made.case.ledger.append(made.case.ledger[1]._replace(n=3, nth=2, answer=4))
    assert made.found() == [("differs", "ledger.too_often")]
    del made.case.ledger[1:]
    assert made.found() == [("differs", "ledger.missing")]


def native() -> Made:
    """Bob's coins: Ann sends him 50 in a call, he sends Cat 7 and pays a fee of 210,000."""
    made = Made()
    made.follow(BOB, "native", 10)
    came = [trace(1, 10, [0], call(CAT, BOB, 50))]
    went = [trace(2, 20, [], call(BOB, CAT, 7)), trace(3, 30, [0], call(BOB, CAT, 8))]
    for name, rows in (("toAddress", came), ("fromAddress", went)):
        asked = {"fromBlock": "0xa", "toBlock": hex(HORIZON), name: [BOB]}
        made.answer(rpc(0, "trace_filter", asked), {"result": rows})
    whole = [trace(3, 30, [], call(CAT, BOB, 0), error="Reverted")]
    made.answer(rpc(0, "trace_transaction", tx_hash(3)), {"result": whole})
    told = receipt(2, 20, BOB, (log(2, 20, 1, [DEPOSIT, word(BOB)], word(7), COIN),), blockTimestamp=hex(time_of(20)))
    made.answer(rpc(0, "eth_getTransactionReceipt", tx_hash(2)), {"result": told})
    made.answer(rpc(0, "eth_getBlockByNumber", "0xa"), {"result": {"number": "0xa", "timestamp": hex(time_of(10))}})
    made.line((1, "/result/0"), 1, 10, 2, ("native", CAT, BOB, 50))
    made.line((4, "/result"), 2, 20, 0, ("native", BOB, "fee", 210_000))
    made.line((2, "/result/0"), 2, 20, 1, ("native", BOB, CAT, 7))
    made.line((4, "/result/logs/0"), 2, 20, 3, (COIN, NOBODY, BOB, 7), index=(1,))
    return made


def test_coins_are_checked_with_what_other_answers_tell() -> None:
    """Success, time and what reverted come from receipts, blocks and whole transactions."""
    assert native().found() == []


def _failed(made: Made) -> None:
    told = receipt(1, 10, CAT, status="0x0")
    made.answer(rpc(0, "eth_getTransactionReceipt", tx_hash(1)), {"result": told})


def _fee_short(made: Made) -> None:
    told = receipt(2, 20, BOB, (), l1Fee="0x1")
    made.answer(rpc(0, "eth_getTransactionReceipt", "again"), {"result": told})


def _no_fee(made: Made) -> None:
    made.answer(rpc(0, "trace_filter", {"count": 9}), {"result": [trace(9, 90, [], call(BOB, CAT, 0))]})


def _two_fees(made: Made) -> None:
    told = receipt(2, 20, BOB, (), l1Fee="0x1")
    n = made.answer(rpc(0, "eth_getTransactionReceipt", "again"), {"result": told})
    made.line((n, "/result"), 2, 20, 0, ("native", BOB, "fee", 210_001))


def _not_wrapped(made: Made) -> None:
    made.case.params["chains"][CHAIN]["wrapped"] = TOKEN


def _reverted(made: Made) -> None:
    made.line((2, "/result/1"), 3, 30, 2, ("native", BOB, CAT, 8))


def _unknown(made: Made) -> None:
    made.answer(rpc(0, "eth_new"), {"result": []})


def _broken(made: Made) -> None:
    made.answer(rpc(0, "eth_getLogs", 5), {"result": [{"topics": []}]})


@pytest.mark.parametrize(
    ("change", "level", "key"),
    [
        (_failed, "differs", "ledger.failed"),
        (_fee_short, "differs", "ledger.fee_short"),
        (_no_fee, "unknown", "ledger.no_fee"),
        (_two_fees, "differs", "ledger.two_fees"),
        (_not_wrapped, "differs", "ledger.not_wrapped"),
        (_reverted, "differs", "ledger.failed"),
        (_unknown, "unknown", "ledger.dialect"),
        (_broken, "unknown", "ledger.unreadable"),
    ],
)
def test_what_other_answers_tell_against_a_line_is_found(change: Callable[[Made], None], level: str, key: str) -> None:
    """A failed or reverted payment, a fee told otherwise or not at all, a question nobody knows."""
    made = native()
    change(made)
    assert (level, key) in made.found()


@pytest.mark.parametrize(
    ("asked", "data", "amount", "at"),
    [
        (rpc(0, "eth_call", {"to": TOKEN, "data": "0x70a08231" + word(BOB)[2:]}, hex(HORIZON)), word(5), 5, HORIZON),
        (rpc(0, "eth_call", {"to": TOKEN, "data": "0x70a08231" + word(BOB)[2:]}, "latest"), word(5), 5, None),
        (answer(0, "etherscan", {"action": "tokenbalance", "address": BOB, "contractaddress": TOKEN}), "5", 5, None),
    ],
)
def test_a_balance_is_what_its_answer_tells(asked: Any, data: Any, amount: int, at: int | None) -> None:
    """Of this account, at this height; anything else differs."""
    made = theft()
    n = made.answer(asked, {"result": data})
    held = checker().Held(amount, at, n)
    made.follow(BOB, TOKEN, 10, balance=held)
    assert made.found() == []
    made.follow(BOB, TOKEN, 10, balance=held._replace(amount=6))
    assert made.found() == [("differs", "ledger.balance")]
    made.follow(BOB, TOKEN, 10, before=held._replace(at=3))
    assert made.found() == [("differs", "ledger.before")]
    made.follow(BOB, TOKEN, 10, balance=held._replace(answer=1))
    assert made.found() == [("unknown", "ledger.balance_unread")]


def test_a_liquidity_position_is_at_its_log_and_nil_where_nobody_owns_it() -> None:
    """Growth is told to the unit by its log; what was paid out of one is taken as stated, and said so."""
    grew, collected = (
        "0x3067048beee31b25b2f1681f88dac838c8bba36af25bfb2b7cf7473a5847e35f",
        "0x40d0efd1a53d60ecbf40971b9daf7dc90178c3aadc7aab1765632738fa8b8f01",
    )
    made = Made()
    rows = [
        log(1, 10, 4, [grew, word(3)], word(6) + "0" * 128),
        log(2, 20, 5, [collected, word(3)], word(BOB) + "0" * 128),
    ]
    n = made.answer(rpc(0, "eth_getLogs", {"topics": [[grew], word(3)]}), {"result": rows})
    made.line((n, "/result/0"), 1, 10, 3, (TOKEN + "#3", NOBODY, BOB, 6), index=(4,))
    made.line((n, "/result/1"), 2, 20, 3, (TOKEN + "#3", BOB, NOBODY, 6), index=(5,))
    owner = rpc(0, "eth_call", {"to": TOKEN, "data": "0x6352211e" + word(3)[2:]}, hex(HORIZON))
    gone = made.answer(owner, {"error": {"message": "no such token"}})
    made.follow(BOB, TOKEN + "#3", 10, balance=checker().Held(0, HORIZON, gone))
    assert made.found() == [("stated", "ledger.positions"), ("stated", "reach.positions")]
    made.case.ledger[0] = made.case.ledger[0]._replace(amount=7)
    assert ("differs", "ledger.nowhere") in made.found()


def test_pages_of_trongrid_name_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that nobody named, or the first one missing, is a hole; a last page that names another is no end."""
    monkeypatch.setattr(checker(), "tron_found", lambda _asked, _data: checker().Found("tron:mainnet"))
    tron, who, token = "tron:mainnet", "T" + "a" * 33, "T" + "b" * 33

    def pages(*chain: tuple[str, str]) -> list[tuple[str, str]]:
        made = Made()
        made.case.params["chains"] = {tron: {"horizon": 9_000, "wrapped": ""}}
        account = checker().Account(tron, who, token, 1_000, 0, (), None, None)
        made.case.accounts[tron, who, token] = account
        for page, following in chain:
            query = {"contract_address": token, "min_timestamp": 1_000} | ({"fingerprint": page} if page else {})
            asked = answer(0, "trongrid", query, chain=tron, path=f"/v1/accounts/{who}/transactions/trc20")
            meta = {"fingerprint": following} if following else {}
            made.answer(asked, {"data": [{"block_timestamp": 5_000}], "meta": meta})
        return made.found()

    assert pages(("", "one"), ("one", "")) == []
    assert pages(("", "")) == []
    assert pages(("", "one")) == [("unknown", "reach.in")]
    assert ("differs", "reach.page") in pages(("", "one"), ("two", ""))
    assert ("differs", "reach.page") in pages(("one", ""))


def test_bulk_sources_are_followed_from_answer_to_answer() -> None:
    """HyperSync says where it stopped, SQD by its last block; what nobody asked for next is a hole."""
    made = theft(later=60)
    filters: list[list[list[str]]] = [[[TRANSFER], [word(BOB)], []], [[TRANSFER], [], [word(BOB)]]]
    sides: list[dict[str, Any]] = [{"topics": topics} for topics in filters]
    made.answer(answer(0, "hypersync.1", body={"from_block": 61, "logs": sides}), {"data": [], "next_block": 80})
    assert made.found() == [("unknown", "reach.in")]
    sides = [{f"topic{n}": words for n, words in enumerate(topics)} for topics in filters]
    body = {"type": "evm", "fromBlock": 80, "toBlock": HORIZON, "logs": sides}
    made.answer(answer(0, "sqd.1", body=body), [{"header": {"number": HORIZON - 1, "timestamp": time_of(HORIZON - 1)}}])
    assert made.found() == [("unknown", "reach.in")]
    made.answer(answer(0, "sqd.1", body={**body, "fromBlock": HORIZON}), {"header": {"number": HORIZON}})
    assert made.found() == []


def test_who_paid_a_fee_on_tron_is_told_by_the_transaction_itself() -> None:
    """The info has the fee and not the payer; another answer has; without one it is taken as stated."""
    tron, tx, payer = "tron:mainnet", "ab" * 32, "T" + "a" * 33
    made = Made()
    made.case.params["chains"] = {tron: {"horizon": 9_000_000, "wrapped": ""}}
    info = {"id": tx, "fee": 7, "blockNumber": 5, "blockTimeStamp": 6_000_000, "receipt": {"result": "SUCCESS"}}
    asked = answer(0, "trongrid", body={"value": tx}, chain=tron, path="/walletsolidity/gettransactioninfobyid")
    n = made.answer(asked, info)
    made.line((n, ""), 0, 6_000_000, 0, ("native", payer, "fee", 7), time=6_000, tx_index=-1)
    made.case.ledger[0] = made.case.ledger[0]._replace(chain=tron, tx=tx)
    assert made.found() == [("stated", "ledger.untold")]
    parameter: dict[str, Any] = {"value": {"owner_address": payer, "to_address": "T" + "b" * 33, "amount": 0}}
    sent = {"txID": tx, "raw_data": {"contract": [{"type": "TransferContract", "parameter": parameter}]}}
    asked = asked._replace(question="the other", path="/walletsolidity/gettransactionbyid")
    made.answer(asked, {**sent, "ret": [{"contractRet": "SUCCESS"}]})
    assert made.found() == []
    made.case.ledger[0] = made.case.ledger[0]._replace(sender="T" + "c" * 33)
    assert made.found() == [("differs", "ledger.sender")]
