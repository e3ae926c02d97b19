"""Duplicates: which photos are copies of one shot, and which of them to keep."""
