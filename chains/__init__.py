"""What moved, according to a chain: vocabulary, sources, and one polite client."""
