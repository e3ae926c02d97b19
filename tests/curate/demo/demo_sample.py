"""How large the small collection of these tests is."""

from __future__ import annotations

SCENES, SEED = 6, 3

Row = dict[str, str]
"""A row of truth.csv."""
