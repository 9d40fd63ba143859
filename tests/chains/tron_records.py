"""Made-up TRON records in the APIs' shapes, for tests: addresses and ids that belong to nobody."""

from __future__ import annotations

import hashlib
from typing import Any

from chains import tron_address
from chains.model import Address, AssetId
from chains.registry import Chain
from chains.trongrid_paging import Row


def address(name: str) -> Address:
    """An address nobody has the key of."""
    return tron_address.from_hex(hashlib.sha256(name.encode()).hexdigest()[:40])


def digits(who: Address) -> str:
    """The 41… spelling."""
    return tron_address.to_hex41(who)


def txid(name: str) -> str:
    """A transaction id."""
    return hashlib.sha256(name.encode()).hexdigest()


VICTIM, THIEF, MULE, POOL = (address(name) for name in ("victim", "thief", "mule", "pool"))
USDT: str = address("a dollar token")
WTRX: str = address("wrapped trx")
TRON = Chain(
    id="tron:mainnet",
    name="tron",
    family="tron",
    coin="TRX",
    decimals=6,
    explorer="https://tronscan.org",
    sources={"trongrid": {}},
    wrapped=AssetId(WTRX),
)


def transaction(name: str, kind: str, value: dict[str, Any], time: int = 1_000_000, **more: Any) -> dict[str, Any]:
    """A row of /v1/accounts/{a}/transactions."""
    row = {
        "ret": [{"contractRet": "SUCCESS", "fee": 0}],
        "txID": txid(name),
        "blockNumber": time // 3000,
        "block_timestamp": time,
        "raw_data": {"contract": [{"type": kind, "parameter": {"value": value, "type_url": kind}}]},
        "internal_transactions": [],
    }
    return {**row, **more}


def sent(name: str, payer: Address, payee: Address, amount: int, time: int = 1_000_000, **more: Any) -> dict[str, Any]:
    """A TRX payment."""
    value = {"owner_address": digits(payer), "to_address": digits(payee), "amount": amount}
    return transaction(name, "TransferContract", value, time, **more)


def token_row(
    name: str, payer: Address, payee: Address, amount: int, time: int = 1_000_000, **more: Any
) -> dict[str, Any]:
    """A row of /v1/accounts/{a}/transactions/trc20."""
    row = {
        "transaction_id": txid(name),
        "token_info": {"symbol": "USDT", "address": USDT, "decimals": 6, "name": "Tether USD"},
        "block_timestamp": time,
        "from": payer,
        "to": payee,
        "type": "Transfer",
        "value": str(amount),
    }
    return {**row, **more}


def inner_row(
    name: str, tx: str, payer: Address, payee: Address, amount: int, *, time: int = 1_000_000, **data: Any
) -> dict[str, Any]:
    """A row of /v1/accounts/{a}/internal-transactions."""
    return {
        "internal_tx_id": txid(name),
        "tx_id": txid(tx),
        "block_timestamp": time,
        "from_address": digits(payer),
        "to_address": digits(payee),
        "data": {"note": "call", "rejected": False, "call_value": {"_": amount}} | data,
    }


def lent(name: str, giver: Address, receiver: Address, time: int = 1_000_000, **more: Any) -> dict[str, Any]:
    """A transaction that lends energy."""
    value = {"owner_address": digits(giver), "receiver_address": digits(receiver), "balance": 5, "resource": "ENERGY"}
    return transaction(name, "DelegateResourceContract", value, time, **more)


def event_row(name: str, event: str, time: int = 1_000_000, index: int = 0, **result: str) -> dict[str, Any]:
    """A row of /v1/contracts/{c}/events of `USDT`; ``event`` as declared, ``result`` by name in that order."""
    return {
        "block_number": time // 3000,
        "block_timestamp": time,
        "caller_contract_address": USDT,
        "contract_address": USDT,
        "event_index": index,
        "event_name": event.partition("(")[0],
        "result": {**{str(place): value for place, value in enumerate(result.values())}, **result},
        "event": event,
        "transaction_id": txid(name),
    }


def rows(*records: dict[str, Any]) -> list[Row]:
    """Records as a page's rows, raw ids counting from 1."""
    return [Row(record, raw, record["block_timestamp"]) for raw, record in enumerate(records, 1)]
