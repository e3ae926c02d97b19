"""`README.md` of a set: the data set card, with the front matter that `load_dataset` needs to open the folder."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from curate.catalog.labels import LabelRow
from curate.catalog.phototable import PhotoTable
from curate.export import licenses
from curate.export.select import LeftOut, pair_count
from curate.sources.made import LABELS, METADATA, Layout
from tracer.base.text import clean_text, counted

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_USE = """## Use

```python
from datasets import load_dataset

photos = load_dataset("path/to/this/folder")["train"]
```
"""
_USE_SPLIT = """## Use

```python
from datasets import load_dataset

photos = load_dataset("path/to/this/folder")["train"]  # all photos, those for validation and testing too
train, val, test = (photos.select([i for i, s in enumerate(photos["split"]) if s == name]) for name in ("train", "val", "test"))
```

To `datasets` a folder with one metadata file is a single split, named `train`. The last line separates the photos by the column
`split`; those without a value are in no part.
"""
_USE_URLS = """## Use

```python
from datasets import load_dataset

photos = load_dataset("path/to/this/folder")["train"]  # the columns of FlickrExif
labels = load_dataset("path/to/this/folder", "labels")["train"]  # all labels
```

The set holds no pictures. Its photos belong to their owners, who can delete or relicense them at any time. Before you use the
photos, ask Flickr which of them are still there and under which licence.
"""
_COLUMNS = (
    ("`image`", "the photo, from `file_name` (`images/<photo_id>.<ext>`)"),
    ("`photo_id`", "int64: the Flickr ID; for local photos 10^15 + sha256 of the source file mod (2^53 − 10^15)"),
    ("`sha256`, `source`, `owner`, `url`, `license`", "of the source file; the licence is an SPDX id or a URL"),
    ("`Make`, `Model`", "as the camera wrote them into EXIF, trimmed"),
    ("`make_normalized`, `model_normalized`", "normalised brand and market name"),
    (
        "`camera_type`, `camera_type_rule`",
        "smartphone, dslr, mirrorless, compact, …, unknown; and the rule that decided it",
    ),
    (
        "`Is Smartphone`, `camera_class`, `Smartphone Model`",
        "phone or not; null for every type except phone, dslr, mirrorless, compact",
    ),
    ("`Exposure`, `Aperture`, `Focal Length`, `ISO Speed`", "`1/125` (seconds), `2.8` (F number), `4.2 mm`, `400`"),
    ("`Flash`, `Year`", "`with flash` or `without flash`; `2013.0`"),
    ("`taken_at`, `taken_precision`, `utc_offset`", "local time, its precision, `+02:00`"),
    (
        "`lens`, `software`, `edited`, `edited_reason`",
        "whether the file was changed after the camera wrote it, and the evidence",
    ),
    (
        "`width`, `height`, `orientation`",
        "pixels as stored, and the EXIF orientation that turns them upright; pictures in HEIC and AVIF are turned when they are "
        "decoded, so there width and height are those of the upright picture, and the orientation must not be applied",
    ),
    ("`format`, `jpeg_quality`, `jpeg_subsampling`", "of the source file"),
    ("`semantic_label`", "the semantic label: what the photo shows"),
    ("`subject_idx`", "the accepted pair: two photos of one scene by different cameras"),
    ("`split`", "one split that is disjoint across all attributes; `splits/*.json` hold the balanced ones"),
)


def packed(
    name: str,
    rows: PhotoTable | Iterable[LabelRow],
    left_out: Sequence[LeftOut],
    audit: Mapping[str, Any],
    about: Mapping[str, Any],
) -> bytes:
    """Return the card, in UTF-8.

    Args:
        name: the set's name.
        rows: the exported rows.
        left_out: the photos that are not in the set.
        audit: the audit that `findings` returned.
        about: `tool_version`, `created`, `recipe`, `layout`, `keep_gps`, `pairs`, `match`, `seed`, `content_sha256`.
    """
    photos = PhotoTable.of(rows)
    urls = about.get("layout") == Layout.URLS
    use = _USE_SPLIT if photos.present("split").any() else _USE
    parts = [
        _front_matter(name, photos, about["content_sha256"], _URLS_CONFIGS if urls else _CONFIGS),
        f"# {_plain(name)}\n",
        _USE_URLS if urls else use,
        _summary(photos, about),
        "" if urls else _heif_note(photos),
        "## Columns\n\n" + _table(("column", "what it holds"), _COLUMNS[1:] if urls else _COLUMNS, foreign=False),
        _cameras(photos),
        _splits(audit, about),
        _confounds(audit, about),
        _licences(photos),
        _URLS_PRIVACY if urls else _privacy(about["keep_gps"]),
        _left_out(left_out),
        "## Known limits\n\nCamera labels are read from EXIF, which can be edited or wrong. A photo may show people; "
        "faces are not altered.\n",
    ]
    return "\n".join(part for part in parts if part).encode()


_CONFIGS = {"default": ("images/**", METADATA)}
_URLS_CONFIGS = {"default": (METADATA,), "labels": (LABELS,)}
"""Configuration -> its files, as `load_dataset` reads them."""

_URLS_PRIVACY = (
    "## Privacy\n\nOwners are named by their Flickr IDs, as their licences ask for. "
    "The set holds no other personal data.\n"
)


def _front_matter(name: str, photos: PhotoTable, content_sha256: str, configs: Mapping[str, Sequence[str]]) -> str:
    """Return the front matter.

    `datasets` caches a set under the folder's name and a hash of the configuration, without regard to the files' content. The
    description puts a hash of the content into the configuration, so that `datasets` does not load older content of the set.
    """
    size = next((label for limit, label in _SIZES if len(photos) < limit), "10M<n<100M")
    paired = bool(photos.present("subject_idx").any())
    fields = licenses.hub_fields(licenses.counts(photos))
    lines = ["---", *(f"{key}: {json.dumps(value)}" for key, value in fields.items())]
    lines += [
        f"pretty_name: {json.dumps(clean_text(name) or '', ensure_ascii=False)}",
        f"size_categories: [{json.dumps(size)}]",
        "task_categories: [image-classification, image-feature-extraction]",
        "tags: [camera, exif, smartphone]",
        "source_datasets: [original]",
        f"annotations_creators: [machine-generated{', expert-generated' if paired else ''}]",
        "configs:",
    ]
    for config, files in configs.items():
        lines += [
            f"- config_name: {config}",
            f"  description: {json.dumps('content sha256 ' + content_sha256)}",
            "  data_files:",
            "  - split: train",
            "    path:",
            *(f"    - {json.dumps(file)}" for file in files),
        ]
    lines.append("---\n")
    return "\n".join(lines)


def _summary(photos: PhotoTable, about: Mapping[str, Any]) -> str:
    pairs = pair_count(photos)
    days = sorted({taken[:10] for taken in photos.values("taken_at") if taken})
    lines = [
        counted(len(photos), "photo")
        + " with camera labels"
        + (f", {counted(pairs, 'pair')} of the same scene" if pairs else "")
        + "."
    ]
    if days:
        lines.append(f"Taken from {days[0]} to {days[-1]}.")
    lines.append(
        f"Written by lenstrace {about['tool_version']}; "
        f"the catalogue last changed at {about['created'] or 'an unknown time'}."
    )
    if about["recipe"]:
        lines.append(f"Recipe: {_plain(about['recipe'])}.")
    return "\n".join(lines) + "\n"


def _heif_note(photos: PhotoTable) -> str:
    n = sum(str(name).endswith(".heic") for name in photos.values("file_name"))
    if not n:
        return ""
    return f"HEIC: {counted(n, 'photo')}. Call `pillow_heif.register_heif_opener()` before decoding.\n"


def _cameras(photos: PhotoTable) -> str:
    cameras = zip(photos.values("camera_type"), photos.values("Make"), strict=True)
    counts = Counter((kind or "unknown", make or "(none)") for kind, make in cameras)
    lines = [(kind, make, str(n)) for (kind, make), n in sorted(counts.items())]
    return "## Cameras\n\n" + _table(("camera type", "Make", "photos"), lines)


def _splits(audit: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    lines = []
    for attribute, split in audit["splits"].items():
        n = split["photos_per_class"]
        sizes = " / ".join(str(n[side]) for side in n) if n else "none can be made"
        lines.append((attribute, str(split["classes"]), sizes))
    if not lines:
        return ""
    by = ", ".join(audit["kept_together"]["by"]) or "only rows of the same photo"
    shared = sum(leak["count"] for leak in audit["leaks"])
    return (
        "## Splits\n\n"
        + _table(("attribute", "classes", "photos per class: train / val / test"), lines)
        + f"\nEvery class has the same number of photos in a side (seed {about['seed']}). "
        + f"Kept together on one side: {by}. "
        + f"Photos or groups on two sides: {shared}. `audit.json` holds the details.\n"
    )


def _confounds(audit: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    matched = ", ".join(f"`{name}`" for name in about.get("match", ()))
    note = (
        f"Photos were left out until phones and other cameras were equally distributed over {matched}.\n"
        if matched
        else ""
    )
    if not audit["confounds"]:
        return "## What else tells phones from cameras\n\n" + note if note else ""
    said = "".join(f"- {sentence}\n" for sentence in audit.get("confounds_in_words", ()))
    lines = [
        (entry["name"], f"{entry['value']:.3f}", *(_p(entry[key]) for key in ("p_adjusted", "p_cameras_adjusted")))
        for entry in audit["confounds"]
    ]
    return (
        "## What else tells phones from cameras\n\n"
        + note
        + said
        + "\nAssociation of file properties with `camera_class`: Cramér's V (0 to 1) over photos; p where photos are taken as "
        "independent, which those of one camera model are not; and p of relabelling whole camera models, which speaks of other "
        "cameras too. Each p is corrected after Holm. The classifier keeps all photos of a scene in one fold.\n\n"
        + _table(("property", "V", "p of photos", "p of camera models"), lines)
    )


def _p(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2g}"


def _licences(photos: PhotoTable) -> str:
    lines = [(name, str(n)) for name, n in licenses.counts(photos).items()]
    replaced = int(photos.present("replaced_rights").sum())
    return (
        "## Licences\n\n"
        + _table(("licence", "photos"), lines)
        + (
            ""
            if not replaced
            else f"\nOf {counted(replaced, 'photo')}, a person stated another owner, licence or address than "
            "the source of the photo.\n"
        )
        + "\n`ATTRIBUTION.csv` names the owner, address and licence of each photo, and for photos from Flickr the day on which "
        "Flickr stated that licence. An apostrophe stands before what a "
        "spreadsheet would take for a formula. Photos without a stated licence must not be passed on without asking "
        "their owners.\n"
    )


def _privacy(keep_gps: bool) -> str:
    place = "**The place of each photo is kept** (`latitude`, `longitude`, GPS tags), as requested." if keep_gps else ""
    return (
        "## Privacy\n\nEach file was rewritten without its metadata, and its picture data are bit-identical to the "
        "source. Only a short list of camera tags was put back. Serial numbers, owner names, MakerNotes, "
        "thumbnails, comments, XMP, IPTC, the texts of colour profiles and embedded previews are gone"
        f"{'' if keep_gps else ', and so is GPS'}. " + f"{place}\n"
    )


def _left_out(left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return ""
    return "## Left out\n\n" + _table(("reason", "photos"), [(out.reason, str(len(out.photos))) for out in left_out])


def _table(head: Sequence[str], lines: Sequence[Sequence[str]], foreign: bool = True) -> str:
    rows = [head, ["---"] * len(head), *([_plain(cell) for cell in line] if foreign else line for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


_MARKDOWN = re.compile(r"[\\`*_\[\]|~$]|(?<=www)\.|:(?=//)|(?<=\w)@")
"""What begins a picture, a link (or a bare address), code or emphasis in Markdown, or separates table cells."""


def _plain(text: str) -> str:
    """Escape foreign text for Markdown, so that readers see it unchanged and nothing in it is markup or HTML."""
    without_html = (clean_text(text) or "").replace("&", "&amp;").replace("<", "&lt;")
    return _MARKDOWN.sub(lambda mark: f"\\{mark[0]}", without_html)
