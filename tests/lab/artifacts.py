"""The published contracts the lab deploys: creation code out of npm packages, read when a test asks for it.

Nothing of theirs is in this repository. The packages are pinned in package.json, installed with the node (see
`tests.lab.anvil`), and used by tests alone; their licences are the GPL's family and MIT (v3-core's own
turned into the GPL on 1 April 2023).
"""

from __future__ import annotations

import json
from functools import cache
from types import MappingProxyType
from typing import Final

from tests.lab.anvil import HERE, NoAnvil, _install

_V2 = "@uniswap/v2-periphery/build"
_V3 = "@uniswap/v3-periphery/artifacts/contracts"
_SAFE = "@safe-global/safe-smart-account/build/artifacts/contracts"
PLACES: Final = MappingProxyType({
    "V2Factory": "@uniswap/v2-core/build/UniswapV2Factory.json",
    "V2Router02": f"{_V2}/UniswapV2Router02.json",
    "WETH9": f"{_V2}/WETH9.json",
    "V3Factory": "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json",
    "V3Router": f"{_V3}/SwapRouter.sol/SwapRouter.json",
    "V3Positions": f"{_V3}/NonfungiblePositionManager.sol/NonfungiblePositionManager.json",
    "Safe": f"{_SAFE}/Safe.sol/Safe.json",
    "SafeFactory": f"{_SAFE}/proxies/SafeProxyFactory.sol/SafeProxyFactory.json",
    "MultiSend": f"{_SAFE}/libraries/MultiSend.sol/MultiSend.json",
    "EntryPoint": "@account-abstraction/contracts/artifacts/EntryPoint.json",
})  # fmt: skip
"""Where each artifact is, below node_modules."""


@cache
def creation_code(name: str) -> str:
    """The code that creates one of `PLACES`, as 0x and hex digits.

    Raises:
        NoAnvil: the packages could not be installed here.
    """
    path = HERE / "node_modules" / PLACES[name]
    if not path.exists():
        _install()
    if not path.exists():
        raise NoAnvil(f"npm installed no {PLACES[name]}")
    return "0x" + str(json.loads(path.read_text())["bytecode"]).removeprefix("0x")
