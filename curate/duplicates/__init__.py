"""Copies: which photos are one shot, and which of them is kept."""
