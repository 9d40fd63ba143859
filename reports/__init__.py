"""How a result reads: to a person at a terminal, and later on paper. Draws from frozen results only."""
