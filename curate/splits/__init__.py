"""Balanced, leak-free splits."""
