"""The lab: a real node with a scripted theft, recorded cases, and stand-ins that serve both as the explorers do.

    case = load_case("laundernet_lifi")            # tests/lab/cases.py: a recorded case
    app = case.app(rate=5, faults=Faults(seed=1))  # Etherscan or TronGrid, by chain
    with serve(app) as url: ...                    # a real HTTP server on 127.0.0.1
    app.counter.histories(), app.counter.refusals  # what the tracer asked, and how often too fast

By hand: ``python -m tests.lab.serve laundernet_lifi --rate 5``.
"""
