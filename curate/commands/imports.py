"""Commands that take photos in from data sets and exports of other programs: `curate import …`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from curate.commands.common import HERE, Json, Where, opened, report_counts, run_with_progress
from tracer.base.console import note

app = typer.Typer()

Jobs = Annotated[int | None, typer.Option(min=0, help="Worker processes; 0 means one per core.")]


def _run(workspace: Path, json: bool, begin: Callable[[Any], Any]) -> None:
    """Open the workspace, run an import, and print what it did."""
    with opened(workspace, "import") as catalog:
        counts = run_with_progress(begin(catalog))
        if counts.updated or counts.missing:  # stated scenes and replaced files change the proposed pairs
            from curate.pairing.score.learning import follow

            follow(catalog)
        for remark in counts.remarks:
            note(remark)
        report_counts(catalog, counts, json)


@app.command()
def flickrexif(
    paths: Annotated[list[Path], typer.Argument(help="Parquet files with FlickrExif's columns, or folders of them.")],
    workspace: Where = HERE,
    json: Json = False,
) -> None:
    """Import FlickrExif's tables: Flickr photos with camera labels, owners and addresses, without files."""
    from curate.sources.flickrexif import import_flickrexif

    _run(workspace, json, lambda catalog: import_flickrexif(catalog, paths))


@app.command()
def yfcc100m(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files of YFCC100M's lines, plain or compressed by bzip2 or gzip; or folders of them."),
    ],
    workspace: Where = HERE,
    json: Json = False,
) -> None:
    """Import lines of YFCC100M: Flickr photos with camera, date, licence and addresses, without files."""
    from curate.sources.yfcc100m import import_yfcc100m

    _run(workspace, json, lambda catalog: import_yfcc100m(catalog, paths))


@app.command("flickr-export")
def flickr_export(
    paths: Annotated[
        list[Path],
        typer.Argument(help="The zip files that Flickr gave you, or folders that hold them or their content."),
    ],
    workspace: Where = HERE,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Import the export of a Flickr account; its photos are copied into the workspace."""
    from curate.sources.flickr_export import import_flickr_export

    _run(workspace, json, lambda catalog: import_flickr_export(catalog, paths, jobs=jobs))


@app.command("imagenet-es")
def imagenet_es(
    paths: Annotated[list[Path], typer.Argument(help="The folder of ImageNet-ES, or folders in it.")],
    workspace: Where = HERE,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Import ImageNet-ES: local photos, labelled by their WordNet ID; the photos of one picture are one scene."""
    from curate.ingest import ingest_source
    from curate.sources.imagenet_es import imagenet_es as source

    _run(workspace, json, lambda catalog: ingest_source(catalog, source(catalog, paths), jobs=jobs))


@app.command()
def devices(
    paths: Annotated[
        list[Path], typer.Argument(help="Folders that hold a folder for each device, such as D01_Samsung_GalaxyS3Mini.")
    ],
    workspace: Where = HERE,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Import local photos from a folder for each device; its name gives make and model where the files do not."""
    from curate.ingest import ingest_source
    from curate.sources.devices import devices as source

    _run(workspace, json, lambda catalog: ingest_source(catalog, source(catalog, paths), jobs=jobs))


@app.command("set")
def set_(
    paths: Annotated[
        list[Path], typer.Argument(help="Folders of sets, or any folders with a metadata.parquet like a set's.")
    ],
    workspace: Where = HERE,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Import exported sets: their photos stay where they are, and their labels are taken as a sidecar's."""
    from curate.export.verify import verify_set
    from curate.ingest import ingest_source
    from curate.sources.imported_set import refuse_problems, sets_source
    from curate.sources.made import MANIFEST

    for path in paths:
        if (path / MANIFEST).exists():
            refuse_problems(path, [f"{problem.path}: {problem.what}" for problem in verify_set(path)])
    _run(workspace, json, lambda catalog: ingest_source(catalog, sets_source(catalog, paths), jobs=jobs))
