"""Maps of the embeddings: a point for each photo, so that a person can look."""
