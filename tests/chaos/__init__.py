"""The chaos run: a watch that is killed, lied to and cut off while stolen money moves, and what it must say at the end.

    python -m tests.chaos --blocks 10000 --seed 1
    python -m tests.chaos --chain tron --blocks 2000 --seed 7

A short run is part of the tests (tests/functional/test_watch_chaos.py).
"""
