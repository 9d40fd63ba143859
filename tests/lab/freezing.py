"""A token that its issuer can freeze, and the wallet through which the issuer decides on it, on a lab chain.

The issuer needs two of three owners. `Issuer` proposes and confirms; every step is a block.
"""

from __future__ import annotations

from typing import Final

from tests.lab.anvil import Node
from tests.lab.stage import COMPILED, Stage

HOLDER, OTHER = "holder", "other"
OWNERS: Final = ("first owner", "second owner", "third owner")
WALLET, TOKEN, MUTE, PEGGED = "wallet", "freezable", "mute", "pegged"
HELD: Final = 1_000 * 10**6
ETHER: Final = 10**18

_NAMED: Final = ("string", "string", "uint8")


class Issuer:
    """The owners of the token's owner. ``at`` has the address of everybody and everything by name.

    ``block`` is the newest block, ``proposals`` how many there have been.
    """

    def __init__(self, node: Node) -> None:
        self.stage = Stage(node, 1, [HOLDER, OTHER, *OWNERS])
        self.at = self.stage.who
        self.block = int(node.rpc("eth_blockNumber"), 16)
        self.proposals = 0
        for owner in OWNERS:
            self.stage.send(f"coin for {owner}", "faucet", owner, value=ETHER)
        self._create(WALLET, "MultiSigWallet", ("address[]", "uint256"), OWNERS, 2)
        self._create(TOKEN, "FreezableToken", ("address",), WALLET)
        self._create(MUTE, "MuteToken", ())
        self._create(PEGGED, "NamedToken", _NAMED, "Pegged Tether", "LABT", 18)
        for token in (TOKEN, MUTE, PEGGED):
            for holder in (HOLDER, OTHER):
                self.stage.call(f"{token} for {holder}", "faucet", token, "mint(address,uint256)", holder, HELD)
        self._mine()

    def propose(self, function: str, about: str, token: str = TOKEN) -> None:
        """The first owner proposes a function of the token about an address, and has thereby confirmed it."""
        inner = bytes.fromhex(self.stage.call_data(function, about)[2:])
        data = self.stage.call_data("submitTransaction(address,uint256,bytes)", token, 0, inner)
        self.stage.send(f"block {self.block}", OWNERS[0], WALLET, data=data)
        self.proposals += 1
        self._mine()

    def confirm(self, number: int) -> None:
        """The second owner confirms a proposal, which is then carried out."""
        self.stage.call(f"block {self.block}", OWNERS[1], WALLET, "confirmTransaction(uint256)", number)
        self._mine()

    def _create(self, name: str, contract: str, kinds: tuple[str, ...], *arguments: object) -> None:
        self.stage.deploy(name, COMPILED[contract]["bytecode"], kinds, *arguments)

    def _mine(self) -> None:
        self.block += 1
        self.stage.mine(self.block)
