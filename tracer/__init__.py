"""Where the money went: the case, the accounting, the hunt, and what it found."""
