"""The names of a camera: brand and market name."""

from __future__ import annotations

import re
from functools import lru_cache

from curate.cameras import families, phones
from curate.cameras.brands import tidy
from curate.cameras.table import shipped_table


@lru_cache(maxsize=8192)
def normalize(make: str | None, model: str | None) -> tuple[str | None, str | None]:
    """Return the tidy brand and the market name of a camera.

    The brand comes from the model where the make is missing. A code is replaced by the market name where the camera table or
    device-detector knows it.

    >>> normalize("NIKON CORPORATION", "NIKON D90")
    ('Nikon', 'D90')
    >>> normalize("samsung", "SM-G991B")
    ('Samsung', 'Galaxy S21')
    """
    written = model
    brand, model = tidy(make, written)
    row = shipped_table().find(brand, model)
    if row is not None:
        return (brand or row.brand), (row.market_name or model)
    if model and _is_code(model) and families.soft(brand, model) is None:
        phone = phones.ask(brand, model, written) if brand else phones.ask_anybody(model)
        if phone is not None and phone.market_name:
            sold_as = (
                phone.brand if brand in (None, "HMD") else brand
            )  # HMD makes Nokia's phones: TA-1021 is the Nokia 6
            return sold_as, re.sub(rf"{re.escape(sold_as)}\s+", "", phone.market_name, count=1, flags=re.IGNORECASE)
    return brand, model


def _is_code(model: str) -> bool:
    """Return whether a model looks like a maker's code (SM-G991B, A3003, 2201117TG): one word with a digit."""
    return " " not in model and any(char.isdigit() for char in model)
