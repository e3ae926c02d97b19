"""Data sets, written and checked."""
