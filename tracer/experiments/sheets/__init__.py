"""Retrieval sheets: queries and their neighbours as small pictures."""
