"""Whom Circle froze: one list for each contract of its own. It cannot freeze USDC that a bridge has issued."""

from __future__ import annotations

from tracer.list_events import CIRCLE, Contract, issuer_list

CONTRACTS = (
    Contract("usdc-ethereum", "eip155:1", "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "USDC", CIRCLE, 6082465, 100),
    Contract("usdc-optimism", "eip155:10", "0x0b2c639c533813f4aa9d7837caf62653d097ff85", "USDC", CIRCLE),
    Contract("usdc-polygon", "eip155:137", "0x3c499c542cef5e3811e1192ce70d8cc03d5c3359", "USDC", CIRCLE),
    Contract("usdc-base", "eip155:8453", "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913", "USDC", CIRCLE),
    Contract("usdc-arbitrum", "eip155:42161", "0xaf88d065e77c8cc2239327c5edb3a432268e5831", "USDC", CIRCLE),
    Contract("usdc-avalanche", "eip155:43114", "0xb97ef9ef8734c71904d8002f8b6bc66dd9c48a6e", "USDC", CIRCLE),
    Contract("usdc-tron", "tron:mainnet", "TEkxiTehnzSmSe2XqrBj4w32RUN966rdz8", "USDC", CIRCLE),
    Contract("eurc-ethereum", "eip155:1", "0x1abaea1f7c830bd89acc67ec4af516284b1bc33c", "EURC", CIRCLE, 6082465),
)

LISTS = tuple(issuer_list("Circle", "https://www.circle.com/usdc", contract) for contract in CONTRACTS)
