"""A case as one file that a stranger can check and go on with: its contents, its container, and what vouches for it."""
