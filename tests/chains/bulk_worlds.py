"""The made-up blocks that the bulk sources are tested on, and what truly moved in them.

The EVM world has one of everything that is easy to get wrong: a failed transaction, a call below a failed call, equal
transfers in one transaction, wrapped coin, an approval, an NFT, a self-destruction. The expected rows are written
out by hand, not computed.
"""

from __future__ import annotations

from typing import Any

from chains import tron_address
from chains.evm_records import APPROVAL, DEPOSIT, TRANSFER, WITHDRAWAL, ZERO
from chains.model import FEE_SINK, NATIVE, Address, AssetId, Kind
from tests.chains.standins_bulk import World

WHO = Address("0x" + "a1" * 20)
BOB = Address("0x" + "b2" * 20)
MACHINE = Address("0x" + "c3" * 20)
WRAPPER = AssetId("0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2")
TOKEN = AssetId("0x" + "d4" * 20)
OTHER_TOKEN = AssetId("0x" + "d5" * 20)
START = 1_700_000_000


def evm_tx(name: str, at: tuple[int, int], sender: str, to: str | None, value: int, **more: Any) -> dict[str, Any]:
    """A transaction, at a block and index, with its receipt's fields; costs 21,000 × 10."""
    return {
        "hash": tx_hash(name),
        "blockNumber": at[0],
        "transactionIndex": at[1],
        "from": sender,
        "to": to,
        "value": hex(value),
        "nonce": 0,
        "status": 1,
        "gasUsed": hex(21_000),
        "effectiveGasPrice": hex(10),
        "contractAddress": None,
        **more,
    }


def tx_hash(name: str) -> str:
    """A hash that can be read."""
    return "0x" + name.encode().hex().rjust(64, "0")


def evm_log(
    name: str, block: int, index: int, number: int, contract: str, *words: str, data: int | None
) -> dict[str, Any]:
    """A log; ``words`` are topics, addresses among them are widened."""
    return {
        "address": contract,
        "topics": [word if len(word) == 66 else "0x" + word[2:].rjust(64, "0") for word in words],
        "data": "0x" if data is None else f"0x{data:064x}",
        "logIndex": number,
        "transactionHash": tx_hash(name),
        "transactionIndex": index,
        "blockNumber": block,
    }


def call(name: str, block: int, path: list[int], ends: tuple[str, str], value: int, **more: Any) -> dict[str, Any]:
    """A Parity-style call."""
    return {
        "type": "call",
        "action": {"from": ends[0], "to": ends[1], "value": hex(value), "callType": more.pop("kind", "call")},
        "traceAddress": path,
        "transactionHash": tx_hash(name),
        "blockNumber": block,
        **more,
    }


def evm_world() -> World:
    """Blocks 100 to 120."""
    made = Address("0x" + "e6" * 20)
    return World(
        100,
        120,
        START,
        12,
        transactions=[
            evm_tx("pay", (101, 3), WHO, BOB, 5),
            evm_tx("fail", (102, 0), WHO, BOB, 7, status=0),
            evm_tx("payout", (103, 1), BOB, MACHINE, 0),
            evm_tx("tokens", (105, 2), WHO, TOKEN, 0),
            evm_tx("wrap", (107, 0), WHO, WRAPPER, 2),
            evm_tx("doom", (109, 4), BOB, MACHINE, 0),
            evm_tx("deploy", (110, 0), WHO, None, 6, contractAddress=made),
            evm_tx("relayed", (112, 5), BOB, TOKEN, 0),
            evm_tx("broken", (113, 0), BOB, MACHINE, 0, status=0),
        ],
        traces=[
            call("pay", 101, [], (WHO, BOB), 5),
            call("fail", 102, [], (WHO, BOB), 7, error="Reverted"),
            call("payout", 103, [], (BOB, MACHINE), 0),
            call("payout", 103, [0], (MACHINE, WHO), 3),
            call("payout", 103, [1], (MACHINE, BOB), 0, error="Reverted"),
            call("payout", 103, [1, 0], (MACHINE, WHO), 9),
            call("payout", 103, [2], (MACHINE, WHO), 3),
            call("payout", 103, [3], (MACHINE, WHO), 8, kind="delegatecall"),
            call("wrap", 107, [], (WHO, WRAPPER), 2),
            call("doom", 109, [], (BOB, MACHINE), 0),
            {
                "type": "suicide",
                "action": {"address": MACHINE, "refundAddress": WHO, "balance": "0x4"},
                "traceAddress": [0],
                "transactionHash": tx_hash("doom"),
                "blockNumber": 109,
            },
            {
                "type": "create",
                "action": {"from": WHO, "value": "0x6"},
                "result": {"address": made},
                "traceAddress": [],
                "transactionHash": tx_hash("deploy"),
                "blockNumber": 110,
            },
            call("broken", 113, [], (BOB, MACHINE), 0),
            call("broken", 113, [0], (MACHINE, WHO), 11),
        ],
        logs=[
            evm_log("tokens", 105, 2, 4, TOKEN, TRANSFER, WHO, BOB, data=50),
            evm_log("tokens", 105, 2, 5, TOKEN, TRANSFER, WHO, BOB, data=50),
            evm_log("tokens", 105, 2, 6, TOKEN, APPROVAL, WHO, MACHINE, data=1000),
            evm_log("tokens", 105, 2, 7, TOKEN, TRANSFER, BOB, MACHINE, data=1),
            evm_log("wrap", 107, 0, 0, WRAPPER, DEPOSIT, WHO, data=2),
            evm_log("relayed", 112, 5, 9, TOKEN, TRANSFER, WHO, BOB, data=0),
            evm_log("relayed", 112, 5, 10, OTHER_TOKEN, TRANSFER, BOB, WHO, data=77),
            evm_log("relayed", 112, 5, 11, OTHER_TOKEN, TRANSFER, BOB, WHO, "0x" + "0" * 63 + "9", data=None),
            evm_log("relayed", 112, 5, 12, WRAPPER, WITHDRAWAL, WHO, data=1),
        ],
    )


_FEE = 210_000
NATIVE_ROWS = [
    ("pay", (101, 3, Kind.FEE, (0,)), WHO, FEE_SINK, _FEE, 0),
    ("pay", (101, 3, Kind.NATIVE, (0,)), WHO, BOB, 5, 0),
    ("fail", (102, 0, Kind.FEE, (0,)), WHO, FEE_SINK, _FEE, 0),
    ("payout", (103, 1, Kind.INTERNAL, (0,)), MACHINE, WHO, 3, 0),
    ("payout", (103, 1, Kind.INTERNAL, (2,)), MACHINE, WHO, 3, 1),
    ("tokens", (105, 2, Kind.FEE, (0,)), WHO, FEE_SINK, _FEE, 0),
    ("wrap", (107, 0, Kind.FEE, (0,)), WHO, FEE_SINK, _FEE, 0),
    ("wrap", (107, 0, Kind.NATIVE, (0,)), WHO, WRAPPER, 2, 0),
    ("doom", (109, 4, Kind.INTERNAL, (0,)), MACHINE, WHO, 4, 0),
    ("deploy", (110, 0, Kind.FEE, (0,)), WHO, FEE_SINK, _FEE, 0),
    ("deploy", (110, 0, Kind.NATIVE, (0,)), WHO, "0x" + "e6" * 20, 6, 0),
]
TOKEN_ROWS = [
    ("tokens", (105, 2, Kind.TOKEN, (4,)), WHO, BOB, 50, 0),
    ("tokens", (105, 2, Kind.TOKEN, (5,)), WHO, BOB, 50, 1),
]
ANY_ROWS = [
    *TOKEN_ROWS,
    ("wrap", (107, 0, Kind.TOKEN, (0,)), ZERO, WHO, 2, 0),
    ("relayed", (112, 5, Kind.TOKEN, (10,)), BOB, WHO, 77, 0),
    ("relayed", (112, 5, Kind.TOKEN, (12,)), WHO, ZERO, 1, 0),
]
WRAPPED_ROWS = [ANY_ROWS[2], ANY_ROWS[4]]

T_WHO = tron_address.from_hex("a1" * 20)
T_BOB = tron_address.from_hex("b2" * 20)
T_MACHINE = tron_address.from_hex("c3" * 20)
T_TOKEN = AssetId(tron_address.from_hex("d4" * 20))
TRC10 = AssetId("1002000")
T_START = 1_700_000_000_000


def tron_tx(name: str, block: int, index: int, kind: str, fee: int | None = None, **value: Any) -> dict[str, Any]:
    """A transaction as the portal writes it: bare hex, large numbers as text."""
    return {
        "hash": tx_hash(name)[2:],
        "blockNumber": block,
        "transactionIndex": index,
        "type": kind,
        "parameter": {"value": value, "type_url": f"type.googleapis.com/protocol.{kind}"},
        "ret": [{"contractRet": "SUCCESS"}],
        "result": "SUCCESS" if kind == "TriggerSmartContract" else None,
        "fee": None if fee is None else str(fee),
    }


def _failed(tx: dict[str, Any]) -> dict[str, Any]:
    return {**tx, "ret": [{"contractRet": "REVERT"}], "result": "REVERT"}


def _bare(log: dict[str, Any]) -> dict[str, Any]:
    topics = [topic[2:] for topic in log["topics"]]
    return {**log, "address": log["address"][2:], "data": log["data"][2:], "topics": topics}


def tron_world() -> World:
    """Blocks 5000 to 5040, three seconds each."""
    who, bob, machine = (tron_address.to_hex41(one) for one in (T_WHO, T_BOB, T_MACHINE))
    token = "0x" + "d4" * 20
    inner = {"blockNumber": 5014, "transactionIndex": 0, "note": b"call".hex(), "rejected": None}
    return World(
        5000,
        5040,
        T_START,
        3000,
        transactions=[
            tron_tx("trx", 5004, 1, "TransferContract", 1100, owner_address=who, to_address=bob, amount=5),
            tron_tx(
                "t10",
                5005,
                0,
                "TransferAssetContract",
                owner_address=bob,
                to_address=who,
                amount=8,
                asset_name=TRC10.encode().hex(),
            ),
            _failed(
                tron_tx(
                    "bad",
                    5006,
                    2,
                    "TriggerSmartContract",
                    900,
                    owner_address=who,
                    contract_address=machine,
                    call_value=7,
                )
            ),
            tron_tx("usdt", 5010, 3, "TriggerSmartContract", 300, owner_address=who, contract_address="41" + "d4" * 20),
            tron_tx("pull", 5014, 0, "TriggerSmartContract", 10, owner_address=bob, contract_address=machine),
            tron_tx(
                "call",
                5020,
                0,
                "TriggerSmartContract",
                owner_address=who,
                contract_address=machine,
                call_value=6,
                call_token_value=2,
                token_id=int(TRC10),
            ),
        ],
        logs=[
            _bare(evm_log("usdt", 5010, 3, 0, token, TRANSFER, BOB, MACHINE, data=1)),
            _bare(evm_log("usdt", 5010, 3, 1, token, TRANSFER, WHO, BOB, data=50)),
            _bare(evm_log("usdt", 5010, 3, 2, token, TRANSFER, WHO, BOB, data=50)),
            _bare(evm_log("usdt", 5010, 3, 3, token, APPROVAL, WHO, MACHINE, data=9)),
        ],
        internals=[
            {
                **inner,
                "internalTransactionIndex": 0,
                "hash": "11",
                "callerAddress": machine,
                "transferToAddress": who,
                "callValueInfo": [{"callValue": 3}],
            },
            {
                **inner,
                "internalTransactionIndex": 1,
                "hash": "12",
                "callerAddress": machine,
                "transferToAddress": who,
                "callValueInfo": [{"callValue": 4}],
                "rejected": True,
            },
            {
                **inner,
                "internalTransactionIndex": 2,
                "hash": "13",
                "callerAddress": machine,
                "transferToAddress": who,
                "callValueInfo": [{"callValue": 5, "tokenId": str(TRC10)}],
            },
            {
                **inner,
                "internalTransactionIndex": 3,
                "hash": "14",
                "callerAddress": machine,
                "transferToAddress": who,
                "callValueInfo": [{}],
            },
        ],
    )


def ms(block: int) -> int:
    """Height of a TRON block."""
    return T_START + (block - 5000) * 3000


TRX_ROWS = [
    ("trx", (ms(5004), 1, Kind.FEE, (0,)), T_WHO, FEE_SINK, 1100, NATIVE),
    ("trx", (ms(5004), 1, Kind.NATIVE, (0,)), T_WHO, T_BOB, 5, NATIVE),
    ("bad", (ms(5006), 2, Kind.FEE, (0,)), T_WHO, FEE_SINK, 900, NATIVE),
    ("usdt", (ms(5010), 3, Kind.FEE, (0,)), T_WHO, FEE_SINK, 300, NATIVE),
    ("pull", (ms(5014), 0, Kind.INTERNAL, (0, 0)), T_MACHINE, T_WHO, 3, NATIVE),
    ("call", (ms(5020), 0, Kind.NATIVE, (0,)), T_WHO, T_MACHINE, 6, NATIVE),
]
TRC10_ROWS = [
    ("t10", (ms(5005), 0, Kind.NATIVE, (0,)), T_BOB, T_WHO, 8, TRC10),
    ("pull", (ms(5014), 0, Kind.INTERNAL, (2, 0)), T_MACHINE, T_WHO, 5, TRC10),
    ("call", (ms(5020), 0, Kind.NATIVE, (1,)), T_WHO, T_MACHINE, 2, TRC10),
]
TRC20_ROWS = [
    ("usdt", (ms(5010), 3, Kind.TOKEN, (1,)), T_WHO, T_BOB, 50, T_TOKEN),
    ("usdt", (ms(5010), 3, Kind.TOKEN, (2,)), T_WHO, T_BOB, 50, T_TOKEN),
]
