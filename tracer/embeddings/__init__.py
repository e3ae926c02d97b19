"""Embeddings: each photo is decoded once and goes through all views and encoders; files in the paper's layout."""
