"""Sets without a camera's label: whether their photos name cameras in EXIF, and how curate turns that into labels."""

from __future__ import annotations

from pathlib import Path

from tracer.base.text import command_line, counted, quoted_path
from tracer.errors import TooFew
from tracer.evaluation.plan import Plan
from tracer.experiments.labels import MAIN_LABELS, SEMANTIC, LabelledSet
from tracer.images.guard import cameras

_LOOKED_AT = 50


def refuse_without_labels(plan: Plan) -> None:
    """Refuse a set that says nothing of its photos, unless processings are probed: there is nothing to ask an encoder for.

    Raises:
        TooFew: says what was found, and the way to labels.
    """
    labelled, photos = plan.labelled, plan.labelled.photos
    if labelled.labels or len(labelled.pairs.whole()) or plan.options.processings:
        return
    raise TooFew(
        f"Nothing can be measured on {quoted_path(photos.root)}",
        f"{counted(len(photos), 'photo')} without labels: there are neither folders for classes nor label columns in a "
        "metadata file",
        camera_advice(labelled)
        or "Put the photos of each class into a folder of their own, or write metadata.csv with the columns file_name, Make, "
        "Model, Is Smartphone and semantic_label.",
    )


def camera_advice(labelled: LabelledSet) -> str:
    """How curate makes a labelled set of these photos; "" where they have camera labels, or no EXIF that names a camera."""
    photos = labelled.photos
    if any(name in labelled.labels for name in MAIN_LABELS):
        return ""
    found = next(filter(None, cameras(map(Path, photos.table["path"].tolist()[:_LOOKED_AT]))), "")
    if not found:
        return ""
    folder, workspace = str(photos.root), str(photos.root.with_name(f"{photos.root.name}-workspace"))
    by_folder = ["--label-from", "folder"] if SEMANTIC in labelled.labels else []
    commands = (
        ["curate", "new", workspace],
        ["curate", "ingest", folder, "-w", workspace, *by_folder],
        ["curate", "evaluate", workspace],
    )
    return "\n".join(
        (
            f"The photos' EXIF names their cameras ({found}), and tracer reads labels alone. curate makes labels of it:",
            *(f"  {command_line(*words)}" for words in commands),
        )
    )
