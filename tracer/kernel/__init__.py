"""The quick fold: every method compiled to machine code, for the tally alone.

tracer/fold.py is the reference and this must give the same numbers; tests/tracer/test_kernel.py compares the two. Four
things make it quick. Accounts are numbers and balances stand in typed arrays. Neighbouring lots of one origin become
one, for nothing in a tally depends on the way a unit came. An amount is two limbs of 62 bits in signed integers
(limbs.py), which hold every sum below 2**123 and are added, compared and multiplied in a few instructions; there are no
floats, not even as estimates. And pro rata divides once per payment instead of once per share.

`quick.quick_tally` is the way in. Only tracer/tally.py calls it, and only when there is enough to do: the compiler
takes half a second to load, and some more where nothing it made before is kept (compiler.py).
"""
