"""The watch: follows the money's frontier as blocks come, and raises an alarm when it moves."""
