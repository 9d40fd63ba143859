"""Whom Tether froze: one list for each of its contracts that can freeze. Tether's USDT on BSC and Optimism cannot.

The contracts of Polygon and Arbitrum were bridged tokens before Tether took them over, so both families are asked for.
"""

from __future__ import annotations

from tracer.list_events import NEW_TETHER, OLD_TETHER, Contract, issuer_list

BOTH = (*OLD_TETHER, *NEW_TETHER)

CONTRACTS = (
    Contract(
        "tether-ethereum", "eip155:1", "0xdac17f958d2ee523a2206206994597c13d831ec7", "USDT", OLD_TETHER, 4634748, 1000
    ),
    Contract("tether-tron", "tron:mainnet", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "USDT", OLD_TETHER, least=5000),
    Contract("tether-arbitrum", "eip155:42161", "0xfd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9", "USDT", BOTH),
    Contract("tether-polygon", "eip155:137", "0xc2132d05d31c914a87c6611c10748aeb04b58e8f", "USDT", BOTH),
    Contract("tether-avalanche", "eip155:43114", "0x9702230a8ea53601f5cd2dc00fdbc13d4df4a8c7", "USDT", BOTH),
    Contract("tether-gold", "eip155:1", "0x68749665ff8d2d112fa859aa293f07a622782f38", "XAUT", BOTH, 4634748),
    Contract("tether-euro", "eip155:1", "0xc581b735a1688071a1746c968e0798d642ede491", "EURT", OLD_TETHER, 4634748),
)

LISTS = tuple(issuer_list("Tether", "https://tether.to/", contract) for contract in CONTRACTS)
