"""`python -m tracer` is `trace`."""

from tracer.cli import main

main()
