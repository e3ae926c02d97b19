"""Resolve a camera's make and model to its type, with the rule that gave it. Pure."""
