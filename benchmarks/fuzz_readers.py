"""The functions that read each kind of file, as commands call them, for the seeds of the fuzzing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fuzz_written import KEY
from curate.audit.report import audit
from curate.catalog import decisions
from curate.catalog.importing import import_decisions
from curate.catalog.store import Catalog
from curate.export.privacy import CannotClean, clean
from curate.export.strip.exif import KeptExif
from curate.export.verify import verify_set
from curate.pairing import features
from curate.pairing.known import import_pairs
from curate.photos.previews import is_whole, open_preview
from curate.sources.made import made_above, made_folder
from curate.sources.sidecar import read_sidecar
from curate.status import next_step, status
from curate.workspace import Workspace
from curate.workspace.settings import read_settings
from tracer import results
from tracer.base.progress import finish
from tracer.base.reading import read_bytes
from tracer.dataset import open_set
from tracer.dataset.splits import read_split
from tracer.embeddings import store
from tracer.embeddings.shards import Shards
from tracer.evaluation import cache
from tracer.images.hashes import fingerprint
from tracer.report.page import render
from tracer.results.comparison import compare
from tracer.results.runs import audit_of, load_run


class Refused(Exception):
    """The file was refused by other means than an error: by a list of problems, or by treating it as absent."""


Read = Callable[[Path, Path], object]
"""Reads a changed file, given the seeds' folder and the file; raises one of our errors or `Refused` where it is refused."""


@dataclass(frozen=True, slots=True)
class Target:
    """A pattern of files below the seeds, and the function that reads them; inputs are drawn in proportion to the weight."""

    name: str
    files: str
    read: Read
    weight: float = 1.0


def _verify(root: Path, _: Path) -> None:
    problems = verify_set(root / "ws" / "exports" / "set")
    for problem in problems:
        f"{problem.path} {problem.what}".encode()  # fails where it cannot be printed
    if problems:
        raise Refused


def _status(root: Path, _: Path) -> None:
    with Catalog.open(Workspace.open(root / "ws"), read_only=True) as catalog:
        found = status(catalog)
    found.as_json()
    found.in_words()
    next_step(found).line(root)


def _made(_: Path, path: Path) -> None:
    made_folder(bytes(path.parent))
    made_above(bytes(path))


def _decisions(root: Path, path: Path) -> None:
    with Catalog.open(Workspace.open(root / "ws")) as catalog:
        import_decisions(catalog, path, dry_run=True).as_json()


def _pairs(root: Path, path: Path) -> None:
    with Catalog.open(Workspace.open(root / "ws")) as catalog:
        import_pairs(catalog, path).as_json()
        decisions.undo(catalog)


def _sidecar(root: Path, path: Path) -> None:
    read_sidecar(path, [bytes(root / "photos")]).remarks_on_rows(0)


def _features(_: Path, path: Path) -> None:
    features.is_whole(path)
    found = features.load(path)
    if found is None:
        raise Refused
    found.unit(100)
    found.mirrored()


def _preview(_: Path, path: Path) -> None:
    is_whole(path)
    features.compute(path)
    if open_preview(path) is None:
        raise Refused


def _clean(_: Path, path: Path) -> None:
    try:
        clean(read_bytes(path, 1 << 20), KeptExif(make="Canon"))
    except (CannotClean, OSError) as error:
        raise Refused from error


def _embeddings(_: Path, path: Path) -> None:
    store.read_header(path)
    store.read_file(path)


def _shards(_: Path, path: Path) -> None:
    shards = Shards(path.parent, KEY, 28)
    if shards.missing():
        raise Refused
    shards.read_all()


def _report(_: Path, path: Path) -> None:
    render(load_run(path.parent))


def _kept(_: Path, path: Path) -> None:
    if cache.recall(path, KEY) is None:
        raise Refused


def _prints(root: Path, path: Path) -> None:
    pictures = [(int(one.stem), one) for one in (root / "ws" / "exports" / "set" / "images").iterdir()]
    finish(fingerprint(pictures, path, 1))


_SET = "ws/exports/set"

TARGETS = (
    Target("verify: manifest", f"{_SET}/manifest.json", _verify, 2),
    Target("verify: table", f"{_SET}/metadata.parquet", _verify, 2),
    Target("verify: splits", f"{_SET}/splits/*.json", _verify, 2),
    Target("verify: images", f"{_SET}/images/*", _verify, 2),
    Target("verify: texts", f"{_SET}/[RAac]*.[mcj]*", _verify, 2),
    Target("status", f"{_SET}/manifest.json", _status),
    Target("what a folder is", f"{_SET}/manifest.json", _made),
    Target("what a run is", "run/results.json", _made, 0.3),
    Target("audit: set", f"{_SET}/m*", lambda _, path: audit([path.parent]), 2),
    Target("audit: split", f"{_SET}/splits/*.json", lambda root, path: audit([path, root / _SET])),
    Target("audit: foreign", "foreign-*/metadata.*", lambda _, path: audit([path.parent]), 2),
    Target("settings", "ws/workspace.toml", lambda _, path: read_settings(path), 2),
    Target("recipe", "lists/recipe.toml", lambda _, path: read_settings(path)),
    Target("decisions", "lists/decisions.jsonl", _decisions, 2),
    Target("pairs", "lists/pairs.csv", _pairs),
    Target("scenes", "lists/scenes.csv", _pairs),
    Target("sidecar", "lists/sidecar.csv", _sidecar, 2),
    Target("features", "ws/cache/features/*/*", _features, 2),
    Target("previews", "ws/cache/previews/*/*.jpg", _preview, 2),
    Target("pictures", "pictures/*", _clean, 2),
    Target("tracer: set", f"{_SET}/m*.parquet", lambda _, path: open_set(path.parent), 2),
    Target("tracer: foreign", "foreign-*/metadata.*", lambda _, path: open_set(path.parent), 2),
    Target("tracer: splits", f"{_SET}/splits/*.json", lambda _, path: read_split(path), 2),
    Target("tracer: audit", f"{_SET}/audit.json", lambda _, path: audit_of(path.parent)),
    Target("tracer: embeddings", "run/embeddings/*/*.safetensors", _embeddings, 3),
    Target("tracer: shards", "run/shards/*/*/*.safetensors", _shards),
    Target("tracer: pictures seen", "run/shards/set/photos.json", _prints),
    Target("tracer: results", "run/results.json", lambda _, path: results.read(path.parent)),
    Target("tracer: report", "run/results.json", _report, 2),
    Target("tracer: compare", "run/*.json", lambda root, path: compare(path.parent, root / "other-run")),
    Target("tracer: photos", "run/photos.parquet", lambda root, path: compare(path.parent, root / "other-run")),
    Target("tracer: kept", "run/kept/*.json", _kept),
)
