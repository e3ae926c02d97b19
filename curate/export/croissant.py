"""`croissant.json`: a description of the set in Croissant 1.1 (MLCommons), for search engines and loaders.

Source: Croissant specification 1.1, 2026-01-29: required properties, appendix 1 (context), splits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from curate.export import licenses
from curate.export.privacy import Container
from curate.sources.made import LABELS, METADATA

CONFORMS_TO = "http://mlcommons.org/croissant/1.1"

_MEDIA_TYPES = {
    Container.JPEG: "image/jpeg",
    Container.PNG: "image/png",
    Container.WEBP: "image/webp",
    Container.HEIC: "image/heic",
    Container.AVIF: "image/avif",
}
_READABLE = frozenset({Container.JPEG, Container.PNG})
"""The kinds that mlcroissant 1.1 opens. It fails at records of others, also where a program reads all records of a set."""

_TERMS = """annotation arrayShape citeAs column containedIn equivalentProperty excludes extract field fileProperty
fileObject fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path recordSet references
regex readLines repeated replace samplingRate sdVersion separator source subField transform unArchive value""".split()  # noqa: SIM905 - easier to compare like this
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
}
_DATA_TYPES = {pa.string(): "sc:Text", pa.int64(): "sc:Integer", pa.float64(): "sc:Float", pa.bool_(): "sc:Boolean"}


def packed(
    name: str,
    created: str,
    tool_version: str,
    schema: pa.Schema,
    files: Mapping[str, str],
    licences: Mapping[str, int],
) -> bytes:
    """Return the description as JSON-LD.

    Args:
        name: the set's name.
        created: the ISO date or time of its last change; may be empty.
        tool_version: the version of lenstrace.
        schema: the schema of the file with all labels.
        files: name -> sha256 of the files written so far.
        licences: licence -> number of photos.
    """
    stated = [licenses.license_url(licence) for licence in licences if licence != licenses.NOT_STATED]
    labels = LABELS if LABELS in files else METADATA
    has_splits = "split" in schema.names
    photos: list[dict[str, Any]] = [_column(field, labels) for field in schema]
    if has_splits:
        for entry in photos:
            if entry["@id"] == "photos/split":
                entry["references"] = {"field": {"@id": "splits/name"}}
    content: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": name,
        "description": "Photos with camera labels, and pairs of the same scene by different cameras.",
        "url": ".",
        "license": stated or ["ATTRIBUTION.csv"],
        "creator": {"@type": "sc:Organization", "name": name},
        "datePublished": created[:10],
        "version": "1.0.0",
        "keywords": ["camera", "EXIF", "smartphone", "photo pairs"],
        "prov:wasGeneratedBy": {"@type": "prov:Activity", "prov:label": f"lenstrace {tool_version}"},
        "distribution": [_table(labels, files), *_image_sets(files)],
        "recordSet": [
            _splits(),
            {
                "@type": "cr:RecordSet",
                "@id": "photos",
                "name": "photos",
                "key": {"@id": "photos/photo_id"},
                "field": photos,
            },
            *(_pictures(kind) for kind in _kinds(files) if kind in _READABLE),
        ],
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _table(name: str, files: Mapping[str, str]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "encodingFormat": "application/x-parquet",
        "sha256": files[name],
    }


def _image_sets(files: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "@type": "cr:FileSet",
            "@id": f"{kind.value}-files",
            "name": f"{kind.value} files",
            "includes": f"images/*.{kind.value}",
            "encodingFormat": _MEDIA_TYPES[kind],
        }
        for kind in _kinds(files)
    ]


def _kinds(files: Mapping[str, str]) -> list[Container]:
    """Return the kinds of the set's pictures."""
    there = {file.rsplit(".", 1)[-1] for file in files if file.startswith("images/")}
    return [kind for kind in _MEDIA_TYPES if kind.value in there]


def _pictures(kind: Container) -> dict[str, Any]:
    """Return the record set of the pictures of a kind; their `file_name` is that of the photos."""
    own, files = f"{kind.value}-pictures", {"fileSet": {"@id": f"{kind.value}-files"}}
    columns = {"file_name": ("sc:Text", "fullpath"), "image": ("sc:ImageObject", "content")}
    return {
        "@type": "cr:RecordSet",
        "@id": own,
        "name": own,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{own}/{name}",
                "name": name,
                "dataType": data_type,
                "source": {**files, "extract": {"fileProperty": file_property}},
            }
            for name, (data_type, file_property) in columns.items()
        ],
    }


def _splits() -> dict[str, Any]:
    kinds = {"train": "cr:TrainingSplit", "val": "cr:ValidationSplit", "test": "cr:TestSplit"}
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"},
            {"@type": "cr:Field", "@id": "splits/url", "name": "url", "dataType": "sc:URL"},
        ],
        "data": [{"splits/name": side, "splits/url": url} for side, url in kinds.items()],
    }


def _column(field: pa.Field, labels: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"photos/{field.name.replace(' ', '_')}",
        "name": field.name,
        "dataType": _DATA_TYPES[field.type],
        "source": {"fileObject": {"@id": labels}, "extract": {"column": field.name}},
    }
