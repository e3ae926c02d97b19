"""The review without a screen: the queue of pairs, and the plain loop that asks line by line."""
