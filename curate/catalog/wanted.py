"""Which of the waiting pairs a review asks about, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from curate.catalog import candidates
from curate.catalog.store import Catalog

Order = Literal["likely", "unsure", "unlikely", "camera"]
"""`likely`: the highest score first; `unsure`: closest to 50 % first; `unlikely`: the lowest first; `camera`: by camera."""

ORDERS: tuple[Order, ...] = get_args(Order)

_ORDER = {
    "likely": "c.score DESC",
    "unsure": "abs(c.score - 0.5), c.score DESC",
    "unlikely": "c.score",
    "camera": ", ".join(
        f"(SELECT coalesce(make_normalized, '') || ' ' || coalesce(model_normalized, '') FROM camera WHERE id = {photo}.camera)"
        for photo in "po"
    )
    + ", c.score DESC",
}

_CAMERA = (
    "EXISTS (SELECT 1 FROM camera WHERE id IN (p.camera, o.camera) AND instr(lower(coalesce(make_normalized, make, '') || ' ' || "
    "coalesce(model_normalized, model, '')), :camera))"
)
_REMARKED = (
    "EXISTS (SELECT 1 FROM remark WHERE one = min(p.sha256, o.sha256) AND two = max(p.sha256, o.sha256){flagged})"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The pairs that a review asks about. The proposed ones always come first.

    Attributes:
        camera: a part of the name of the camera of either photo, case does not matter; empty for any.
        least: the lowest score, 0 to 1.
        most: the highest score, 0 to 1.
        flagged: whether only flagged pairs are wanted.
        noted: whether only pairs with a note are wanted.
        order: the order of the pairs.
    """

    camera: str = ""
    least: float = 0.0
    most: float = 1.0
    flagged: bool = False
    noted: bool = False
    order: Order = "likely"

    @property
    def all(self) -> bool:
        """Whether every waiting pair is wanted."""
        return not (self.camera or self.flagged or self.noted) and self.least <= 0 and self.most >= 1

    @property
    def order_by(self) -> str:
        """The order in SQL, of `candidate c`, `photo p` and `photo o`."""
        return f"c.assigned DESC, {_ORDER[self.order]}, p.path, o.path"

    @property
    def where(self) -> str:
        """The conditions in SQL that follow others, with the values of `values`; empty where all are wanted."""
        parts = []
        if self.camera:
            parts.append(_CAMERA)
        if self.least > 0 or self.most < 1:
            parts.append("c.score BETWEEN :least AND :most")
        if self.flagged:
            parts.append(_REMARKED.format(flagged=" AND flagged"))
        if self.noted:
            parts.append(_REMARKED.format(flagged=" AND note != ''"))
        return "".join(f" AND {part}" for part in parts)

    @property
    def values(self) -> dict[str, Any]:
        """The values of `where`."""
        return {"camera": self.camera.casefold(), "least": self.least, "most": self.most}

    def in_words(self) -> str:
        """Return what is wanted in words; empty where it is everything in the usual order."""
        parts = [f"camera {self.camera}"] if self.camera else []
        if self.least > 0 or self.most < 1:
            parts.append(f"{100 * self.least:g} to {100 * self.most:g} %")
        parts += ["flagged"] if self.flagged else []
        parts += ["with a note"] if self.noted else []
        parts += [_ORDER_WORDS[self.order]] if self.order != "likely" else []
        return ", ".join(parts)


_ORDER_WORDS = {
    "likely": "the likeliest first",
    "unsure": "the least certain first",
    "unlikely": "the unlikeliest first",
    "camera": "by camera",
}

EVERYTHING = Wanted()


def order_words(order: Order) -> str:
    """Return an order in words."""
    return _ORDER_WORDS[order]


def waiting_and_proposed(catalog: Catalog, wanted: Wanted) -> tuple[int, int]:
    """Return how many wanted pairs wait for a person's decision, and how many of them are proposed."""
    if wanted.all:
        return candidates.waiting(catalog), candidates.proposed(catalog)
    row = catalog.connection.execute(
        "SELECT count(*), coalesce(sum(c.assigned), 0) FROM candidate c JOIN photo p ON p.id = c.phone "
        f"JOIN photo o ON o.id = c.other WHERE c.waits{wanted.where}",
        wanted.values,
    ).fetchone()
    return int(row[0]), int(row[1])
