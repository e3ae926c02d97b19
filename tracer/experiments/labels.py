"""A data set as experiments see it: the labels of its photos, which photos belong together, and its pairs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer import stats
from tracer.base.text import counted, shell_word
from tracer.dataset import PhotoSet, camera_models, groups, phone_or_not
from tracer.dataset.splits import SplitFile
from tracer.errors import UsageError
from tracer.experiments.photos import Pairs

if TYPE_CHECKING:
    import pandas as pd

SEMANTIC: Final = "semantic_label"
PHONE: Final = "Is Smartphone"
MAIN_LABELS: Final = (PHONE, "Make", "Model")
"""Probed where a set has them, beside the semantic label and the labels of its split files."""
FURTHER_LABELS: Final = (
    "Smartphone Model", "Exposure", "Aperture", "ISO Speed", "Focal Length", "Flash", "Year", "camera_type",
)  # fmt: skip
"""Probed where they are asked for."""
FILE_LABELS: Final = ("format", "jpeg_quality", "jpeg_subsampling", "orientation", "edited", "software")
"""Compared with the semantic label too: what a file went through can be a shortcut like any camera."""
LARGE_K: Final = 10
LARGE_CLASS: Final = 100
"""k is 10 where every class has that many photos, and 1 in smaller sets, where ten neighbours would reach into other classes."""
NAMES_MODEL: Final = ("Model", "Smartphone Model")
"""Labels that name the camera model itself: there is nothing to know of a model that was never seen."""
GOES_WITH: Final = 0.95
"""The share of camera models, and of a model's photos, that have one value of a label which goes with the camera."""
NO_LABEL: Final = "the set has no such label"
NO_SEMANTIC: Final = "the set has no semantic_label"
SCENES: Final = ("scene_idx", "subject_idx")
UNITS: Final = ("owner", *SCENES)
"""Columns that tell which photos belong together."""
NEAR_COPIES: Final = (
    "Photos that are nearly alike, such as those of a burst, may then be in training and in test: figures on cameras that were "
    "trained on may be far too high, not only their intervals."
)
NO_UNITS: Final = (
    "No scenes or owners are known of this set: each photo is taken as independent of the others. Where several photos show one "
    f"scene or are one person's, intervals are too short and p-values too small. {NEAR_COPIES}"
)


@dataclass(frozen=True, slots=True, eq=False)
class LabelledSet:
    """A set's labels; every array is parallel to the set's table.

    Attributes:
        photos: the set itself.
        ids: (N,) int64.
        labels: column → (N,) strings, None where unknown.
        clusters: (N,) photos that share a scene or an owner.
        pairs: (N,) which photos show the same subject.
        k: neighbours that vote, by the size of the classes.
        cameras: (N,) the camera model of each photo, None where unknown.
        kept_apart: the columns that `clusters` are made of.
        warnings: sentences on how the set was read.
        scenes: (N,) photos that share a scene, where owners are kept apart as well and have several; None otherwise.
    """

    photos: PhotoSet
    ids: NDArray[np.int64]
    labels: Mapping[str, NDArray[Any]]
    clusters: NDArray[np.int64]
    pairs: Pairs
    k: int
    cameras: NDArray[Any]
    kept_apart: tuple[str, ...] = UNITS
    warnings: tuple[str, ...] = ()
    scenes: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def name(self) -> str:
        """The set's name in results."""
        return self.photos.name

    @property
    def splits(self) -> Mapping[str, SplitFile]:
        """The set's own split files, by attribute."""
        return self.photos.splits

    @property
    def units_known(self) -> bool:
        """Whether any photo has a scene, an owner or a subject that is kept apart; if not, photos are taken as independent."""
        return _known(self.photos.table, self.kept_apart)

    @property
    def alone(self) -> NDArray[np.bool_]:
        """(N,) whether nothing is known of a photo that is kept apart: no scene, owner or subject."""
        return ~_each_known(self.photos.table, self.kept_apart)

    @property
    def owners_not_kept_apart(self) -> int:
        """How many owners the photos are of where owners are too few to be kept apart; 0 where they are kept apart or unknown."""
        table = self.photos.table
        return int(table["owner"].nunique()) if "owner" in table and "owner" not in self.kept_apart else 0

    def values(self, name: str) -> list[str]:
        """The values of a label, sorted; none where the set has no such label."""
        labels = self.labels.get(name)
        return [] if labels is None else sorted({str(label) for label in labels if label is not None})

    def parts(self, name: str) -> bool:
        """Whether a label has two values or more."""
        return len(self.values(name)) > 1

    def goes_with_camera(self, name: str) -> bool:
        """Whether the photos of a camera model have one value of a label, for nearly all models and photos.

        Told from the photos that have both. Where every model has one photo, any label would seem to; then it is not told.
        """
        if name in NAMES_MODEL or name == SEMANTIC or name not in self.labels:
            return False
        label = self.labels[name]
        known = np.array(
            [a is not None and b is not None for a, b in zip(label, self.cameras, strict=True)], dtype=bool
        )
        if not known.any():
            return False
        model = np.unique(self.cameras[known].astype(str), return_inverse=True)[1]
        value = np.unique(label[known].astype(str), return_inverse=True)[1]
        values = int(value.max()) + 1
        pairs, photos = np.unique(model * values + value, return_counts=True)
        most, count = np.zeros(int(model.max()) + 1), np.bincount(model)
        np.maximum.at(most, pairs // values, photos)
        several = count > 1
        return bool(several.any() and (most / count >= GOES_WITH)[several].mean() >= GOES_WITH and values > 1)

    def same_labels(self) -> dict[str, str]:
        """Labels of the camera that part the photos as an earlier one does: label → the earlier one.

        With two devices, phone or not, maker and model are one label under three names.
        """
        import pandas as pd

        parted: dict[bytes, str] = {}
        same: dict[str, str] = {}
        for name in (*MAIN_LABELS, *FURTHER_LABELS):
            if self.parts(name):
                code = pd.factorize(self.labels[name])[0]  # in order of first appearance, −1 for None
                earlier = parted.setdefault(code.astype(np.int64).tobytes(), name)
                if earlier != name:
                    same[name] = earlier
        return same

    def one_value(self, name: str) -> str:
        """Why a label tells no photos apart."""
        values = self.values(name)
        return f"all photos have {name} = {values[0]}" if values else NO_LABEL

    def one_class(self) -> str:
        """Why the semantic label tells no photos apart; "" where it does."""
        classes = self.values(SEMANTIC)
        if not classes:
            return NO_SEMANTIC
        return "" if len(classes) > 1 else f"all photos have the semantic label {classes[0]}, and it takes two"

    def refuse_unknown(self, asked: Sequence[str]) -> None:
        """Refuse labels that the set does not have.

        Raises:
            UsageError: names those that it has.
        """
        probeable = [name for name in self.labels if name not in FILE_LABELS]
        unknown = [name for name in asked if name != "all" and name not in probeable]
        if unknown:
            if unknown[0] in self.photos.table.columns:
                can = ", ".join((*MAIN_LABELS, *FURTHER_LABELS, SEMANTIC))
                raise UsageError(
                    f"{unknown[0]} is a column of the set, but not one that can be a label",
                    f"labels are {can}",
                    "It has of these: " + ", ".join(probeable) + "." if probeable else "It has none of these.",
                )
            near = difflib.get_close_matches(unknown[0], probeable, n=1)
            raise UsageError(
                f"The set has no label {', '.join(unknown)}",
                "it has " + ", ".join(probeable) if probeable else "it has none",
                f"Did you mean {shell_word(near[0])}?" if near else "Name its labels as its metadata does.",
            )


def labelled_set(photos: PhotoSet) -> LabelledSet:
    """Read the labels off a set's columns; no picture is opened."""
    table = photos.table
    labels = {name: text_labels(table, name) for name in _columns(table)}
    clusters, kept_apart, warnings = _clusters(table)
    if not _known(table, UNITS):
        warnings.append(NO_UNITS)
    elif lacking := int((~_each_known(table, UNITS)).sum()):
        warnings.append(
            f"No scene or owner is known of {lacking:,} of {len(table):,} photos: each of these is taken as independent of the"
            " others."
        )
    ids = table["photo_id"].to_numpy(dtype=np.int64)
    k, cameras = _k(labels.get(SEMANTIC)), camera_models(table)
    scenes = groups(table, by=SCENES) if _known(table, SCENES) and "owner" in kept_apart else None
    if scenes is not None and scenes.max() == clusters.max():  # clusters are joined scenes
        scenes = None
    return LabelledSet(photos, ids, labels, clusters, _pairs(table), k, cameras, kept_apart, tuple(warnings), scenes)


def text_labels(table: pd.DataFrame, name: str) -> NDArray[Any]:
    """A column as strings, None where absent; booleans as `True` and `False`, whole numbers without a point."""
    if name == PHONE:
        words = {1: "True", 0: "False"}
        return np.array([words.get(int(code)) for code in phone_or_not(table)], dtype=object)
    values = table[name].tolist()
    return np.array([_text(value) for value in values], dtype=object)


def _text(value: object) -> str | None:
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:  # NaN differs from itself
        return None
    return str(value) or None


def _columns(table: pd.DataFrame) -> list[str]:
    wanted = (*MAIN_LABELS, *FURTHER_LABELS, *FILE_LABELS, SEMANTIC)
    has_phone = bool((phone_or_not(table) >= 0).any())
    return [name for name in wanted if (name == PHONE and has_phone) or name in table.columns]


def _known(table: pd.DataFrame, columns: Sequence[str]) -> bool:
    return bool(_each_known(table, columns).any())


def _each_known(table: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.bool_]:
    """(N,) whether a photo has a value in one of some columns."""
    there = [name for name in columns if name in table]
    return np.asarray(table[there].notna().any(axis=1), dtype=bool)


def _clusters(table: pd.DataFrame) -> tuple[NDArray[np.int64], tuple[str, ...], list[str]]:
    """Scene and owner together, with their columns; where hardly anything is left apart so, scenes alone, and a warning."""
    both = groups(table)
    if len(np.unique(both)) >= stats.FEW_CLUSTERS:
        return both, UNITS, []
    scenes = groups(table, by=SCENES)
    if len(np.unique(scenes)) <= len(np.unique(both)):
        return both, UNITS, []
    peculiar = "what is peculiar to an owner's photos can be learnt and counted as the camera's"
    if _known(table, SCENES):
        said = f"By owner the photos fall into {len(np.unique(both))} groups only, so scenes alone are kept apart: {peculiar}."
        return scenes, SCENES, [said]
    said = (
        f"The photos are of {counted(int(table['owner'].nunique()), 'owner')}: too few to keep owners apart, and no scenes are "
        f"known. Each photo is taken as independent of the others; {peculiar}, intervals are too short and p-values too small. "
        + NEAR_COPIES
    )
    return scenes, SCENES, [said]


def _pairs(table: pd.DataFrame) -> Pairs:
    if "subject_idx" in table:
        subject = np.asarray(table["subject_idx"].astype("Int64").fillna(-1), dtype=np.int64)
    else:
        subject = np.full(len(table), -1, dtype=np.int64)
    return Pairs(subject, phone_or_not(table))


def _k(semantic: NDArray[Any] | None) -> int:
    if semantic is None:
        return 1
    counts = np.unique([str(label) for label in semantic if label is not None], return_counts=True)[1]
    return LARGE_K if len(counts) and counts.min() >= LARGE_CLASS else 1
