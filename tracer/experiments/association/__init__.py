"""How strongly each metadata label goes with the content of a set."""
