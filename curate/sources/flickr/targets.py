"""Target counts of plans: how many photos with each label are wanted, and for which photos EXIF is still needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.catalog.flickr_photos import is_pending, pending
from curate.catalog.harvests import label_counts, plans, plans_of
from curate.catalog.labels import LABEL_COLUMNS
from curate.catalog.store import Catalog
from curate.sources.flickr.plan import Plan

_FLAGS = {"true": "1", "false": "0"}


class Targets:
    """The targets of all plans of a workspace, and how many photos they have."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._wanted: dict[int, dict[str, dict[str, int]]] = {}
        for number, content in plans(catalog):
            plan = Plan.model_validate(content)
            if plan.targets:
                self._wanted[number] = {
                    column: {_stored(column, value): count for value, count in values.items()}
                    for column, values in plan.targets.items()
                }
        self._have = {
            (number, column): label_counts(catalog, number, column)
            for number, columns in self._wanted.items()
            for column in columns
        }

    @property
    def stated(self) -> bool:
        """Whether any plan states targets."""
        return bool(self._wanted)

    def is_met(self, plan: int) -> bool:
        """Return whether a plan states targets and has as many photos as they ask for."""
        wanted = self._wanted.get(plan)
        return wanted is not None and all(
            self._have[plan, column].get(value, 0) >= count
            for column, values in wanted.items()
            for value, count in values.items()
        )

    def needs(self, flickr_id: int) -> bool:
        """Return whether a photo's EXIF is needed: a plan that took it has no targets or has not met them, or none took it."""
        if not self._wanted:
            return True
        own = plans_of(self._catalog, flickr_id)
        return not own or any(not self.is_met(plan) for plan in own)

    def count(self, flickr_id: int, labels: Mapping[str, Any]) -> None:
        """Count a photo whose EXIF came, by its label row."""
        for plan in plans_of(self._catalog, flickr_id) & self._wanted.keys():
            for column in self._wanted[plan]:
                value = labels.get(column)
                if value is not None:
                    have = self._have[plan, column]
                    have[str(value)] = have.get(str(value), 0) + 1


def is_exif_needed(catalog: Catalog) -> bool:
    """Return whether EXIF of any photo is still to be asked for."""
    targets = Targets(catalog)
    if not targets.stated:
        return is_pending(catalog, "exif")
    return any(targets.needs(flickr_id) for flickr_id in pending(catalog, "exif"))


def needed_exif(catalog: Catalog, targets: Targets | None = None) -> list[int]:
    """Return the Flickr IDs of the photos whose EXIF is still to be asked for.

    Args:
        catalog: the catalogue.
        targets: the targets of its plans, if they are at hand.
    """
    targets = targets or Targets(catalog)
    return [flickr_id for flickr_id in pending(catalog, "exif") if targets.needs(flickr_id)]


def _stored(column: str, value: str) -> str:
    """Return a label's value as the catalogue stores it."""
    return _FLAGS.get(value.lower(), value) if LABEL_COLUMNS[column] == "bool" else value
