"""The queue of pairs to review, and the review that asks line by line."""
