"""Plays scripted transactions on a node, block by block, such that every run gives the same hashes.

Signing happens here with keys derived from names, because a node's own signing leaves nonces and fees to it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_abi.grammar import ABIType, TupleType, parse
from eth_account import Account
from eth_typing import HexAddress, HexStr
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3.types import Nonce
from web3.utils import get_create_address

from tests.lab.anvil import GENESIS_TIME, Node

COMPILED = json.loads((Path(__file__).parent / "contracts" / "compiled.json").read_text())
GAS_PRICE = 2_000_000_000
BLOCK_SECONDS = 12
FAUCET_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"  # anvil's published first test key


class Stage:
    """Signs and sends, a block at a time. Besides ``people`` there is a ``faucet``, who owns the genesis coins."""

    def __init__(self, node: Node, chain_id: int, people: Sequence[str]) -> None:
        self.node, self.chain_id = node, chain_id
        keys = {name: "0x" + keccak(text=f"lab|{name}").hex() for name in people}
        self.keys = {"faucet": FAUCET_KEY, **keys}
        self.who = {name: str(Account.from_key(key).address).lower() for name, key in self.keys.items()}
        self.nonces = dict.fromkeys(self.keys, 0)
        self.txs: dict[str, str] = {}
        self.unmined: list[str] = []

    def send(self, name: str, sender: str, to: str, *, value: int = 0, data: str = "0x", gas: int = 300_000) -> None:
        """Queue one transaction under a name; ``to`` is a name, an address, or empty for a creation."""
        raw = {
            "nonce": self.nonces[sender], "gasPrice": GAS_PRICE, "gas": gas, "value": value, "data": data,
            "chainId": self.chain_id,
        }  # fmt: skip
        if to:
            raw["to"] = _checksummed(self.who.get(to, to))
        signed = Account.sign_transaction(raw, self.keys[sender])
        self.nonces[sender] += 1
        self.txs[name] = "0x" + bytes(signed.hash).hex()
        self.unmined.append("0x" + bytes(signed.raw_transaction).hex())

    def create(self, name: str, contract: str, *arguments: str) -> None:
        """Queue a contract's creation by the faucet."""
        addresses = [_checksummed(self.who[argument]) for argument in arguments]
        code = COMPILED[contract]["bytecode"] + encode(["address"] * len(addresses), addresses).hex()
        self.who[name] = self._next_contract()
        self.send(f"create {name}", "faucet", "", data=code, gas=3_000_000)

    def deploy(self, name: str, code: str, kinds: Sequence[str] = (), *arguments: Any, gas: int = 8_000_000) -> None:
        """Queue the creation of a contract by the faucet from its code; address arguments are names or addresses."""
        given = [self._resolved(parse(kind), argument) for kind, argument in zip(kinds, arguments, strict=True)]
        self.who[name] = self._next_contract()
        self.send(f"create {name}", "faucet", "", data=code + encode(kinds, given).hex(), gas=gas)

    def call_data(self, signature: str, *arguments: Any) -> str:
        """A call's data; any ABI type, and addresses at any depth are names or addresses."""
        kinds = _kinds(signature)
        given = [self._resolved(parse(kind), argument) for kind, argument in zip(kinds, arguments, strict=True)]
        return "0x" + (keccak(text=signature)[:4] + encode(kinds, given)).hex()

    def view(self, to: str, signature: str, *arguments: Any, sender: str = "faucet") -> bytes:
        """What a contract answers now, undecoded."""
        call = {"from": self.who[sender], "to": self.who.get(to, to), "data": self.call_data(signature, *arguments)}
        return bytes.fromhex(str(self.node.rpc("eth_call", call, "latest")).removeprefix("0x"))

    def _resolved(self, kind: ABIType, argument: Any) -> Any:
        if kind.is_array:
            return [self._resolved(kind.item_type, item) for item in argument]
        if isinstance(kind, TupleType):
            return tuple(self._resolved(*pair) for pair in zip(kind.components, argument, strict=True))
        return _checksummed(self.who.get(argument, argument)) if getattr(kind, "base", "") == "address" else argument

    def _next_contract(self) -> str:
        creator = HexAddress(HexStr(_checksummed(self.who["faucet"])))
        return str(get_create_address(creator, Nonce(self.nonces["faucet"]))).lower()

    def call(self, name: str, sender: str, to: str, signature: str, *arguments: Any, value: int = 0) -> None:
        """Queue a contract call; address arguments are names or addresses."""
        types = [kind for kind in signature[signature.index("(") + 1 : -1].split(",") if kind]
        resolved = [
            _checksummed(self.who.get(argument, argument)) if kind == "address" else argument
            for kind, argument in zip(types, arguments, strict=True)
        ]
        data = "0x" + (keccak(text=signature)[:4] + encode(types, resolved)).hex()
        self.send(name, sender, to, value=value, data=data)

    def mine(self, number: int) -> None:
        """Mine block ``number``, and the empty ones before it, with what is queued."""
        head = int(self.node.rpc("eth_blockNumber"), 16)
        for height in range(head + 1, number + 1):
            if height == number:
                hashes = [self.node.rpc("eth_sendRawTransaction", raw) for raw in self.unmined]
            self.node.rpc("evm_setNextBlockTimestamp", GENESIS_TIME + height * BLOCK_SECONDS)
            self.node.rpc("evm_mine")
        self.unmined = []
        block = self.node.rpc("eth_getBlockByNumber", hex(number), False)
        if block["transactions"] != hashes:
            raise AssertionError(f"block {number} holds other transactions than were sent")

    def fees(self, sender: str, *names: str) -> int:
        """What some transactions cost their signer."""
        receipts = [self.node.rpc("eth_getTransactionReceipt", self.txs[name]) for name in names]
        if any(receipt["from"] != self.who[sender] for receipt in receipts):
            raise AssertionError(f"{sender} did not sign all of {names}")
        return sum(int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16) for receipt in receipts)


def _kinds(signature: str) -> list[str]:
    """The types of a signature's arguments: split at the commas that are in no tuple."""
    kinds, depth = [""], 0
    for letter in signature[signature.index("(") + 1 : -1]:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            kinds.append("")
        else:
            kinds[-1] += letter
    return [kind for kind in kinds if kind]


def _checksummed(address: str) -> str:
    return str(to_checksum_address(address))
