"""`python -m tracer` is `trace`: what the command runs, so that Ctrl-C while it still loads leaves no traceback."""

import signal
import sys


def main() -> None:
    """Load the command line and run it."""
    try:
        from tracer.cli import main as trace  # noqa: PLC0415 - loading takes long enough to be interrupted
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    trace()


if __name__ == "__main__":
    main()
