"""Operations that take photos in from data sets and from exports of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from curate.operation import Asked, Operation
from curate.operations.ingest import follow_scores
from tracer.base.progress import Work

if TYPE_CHECKING:
    from curate.catalog.store import Catalog
    from curate.sources.counts import IngestCounts
    from curate.sources.local import LocalSource

Paths = tuple[Path, ...]
Jobs = Annotated[int | None, Field(ge=0, description="Worker processes; 0 means one per core.")]


class _Import(Operation):
    """An import; `read` does it."""

    says_next: ClassVar = True

    def run(self, catalog: Catalog) -> Work[IngestCounts]:
        """Take the photos in, and score the candidates again."""
        counts = yield from self.read(catalog)
        follow_scores(catalog, counts)
        return counts

    def read(self, catalog: Catalog) -> Work[IngestCounts]:
        """Take the photos in."""
        raise NotImplementedError


class _ImportFiles(_Import):
    """An import of local photos, which are read; `source` finds them."""

    jobs: Jobs = None

    def read(self, catalog: Catalog) -> Work[IngestCounts]:
        """Read the photos."""
        from curate.ingest import ingest_source

        return ingest_source(catalog, self.source(catalog), jobs=self.jobs)

    def source(self, catalog: Catalog) -> LocalSource:
        """Return the photos."""
        raise NotImplementedError


class ImportFlickrExif(_Import):
    """Import FlickrExif's tables: Flickr photos with camera labels, owners and addresses, without files."""

    words: ClassVar = ("import", "flickrexif")

    paths: Annotated[
        Paths, Field(description="Parquet files with FlickrExif's columns, or folders of them."), Asked(argument=True)
    ]

    def read(self, catalog: Catalog) -> Work[IngestCounts]:
        """Take the rows in."""
        from curate.sources.flickrexif import import_flickrexif

        return import_flickrexif(catalog, list(self.paths))


class ImportYfcc100m(_Import):
    """Import lines of YFCC100M: Flickr photos with camera, date, licence and addresses, without files."""

    words: ClassVar = ("import", "yfcc100m")

    paths: Annotated[
        Paths,
        Field(description="Files of YFCC100M's lines, plain or compressed by bzip2 or gzip; or folders of them."),
        Asked(argument=True),
    ]

    def read(self, catalog: Catalog) -> Work[IngestCounts]:
        """Take the rows in."""
        from curate.sources.yfcc100m import import_yfcc100m

        return import_yfcc100m(catalog, list(self.paths))


class ImportFlickrExport(_Import):
    """Import the export of a Flickr account; its photos are copied into the workspace."""

    words: ClassVar = ("import", "flickr-export")

    paths: Annotated[
        Paths,
        Field(description="The zip files that Flickr gave you, or folders that hold them or their content."),
        Asked(argument=True),
    ]
    jobs: Jobs = None

    def read(self, catalog: Catalog) -> Work[IngestCounts]:
        """Take the photos in."""
        from curate.sources.flickr_export import import_flickr_export

        return import_flickr_export(catalog, list(self.paths), jobs=self.jobs)


class ImportImageNetEs(_ImportFiles):
    """Import ImageNet-ES: local photos, labelled by their WordNet ID; the photos of one picture are one scene."""

    words: ClassVar = ("import", "imagenet-es")

    paths: Annotated[Paths, Field(description="The folder of ImageNet-ES, or folders in it."), Asked(argument=True)]

    def source(self, catalog: Catalog) -> LocalSource:
        """Return the photos."""
        from curate.sources.imagenet_es import imagenet_es

        return imagenet_es(catalog, list(self.paths))


class ImportDevices(_ImportFiles):
    """Import local photos from a folder for each device; its name gives make and model where the files do not."""

    words: ClassVar = ("import", "devices")

    paths: Annotated[
        Paths,
        Field(description="Folders that hold a folder for each device, such as D01_Samsung_GalaxyS3Mini."),
        Asked(argument=True),
    ]

    def source(self, catalog: Catalog) -> LocalSource:
        """Return the photos."""
        from curate.sources.devices import devices

        return devices(catalog, list(self.paths))


class ImportSet(_ImportFiles):
    """Import exported sets: their photos stay where they are, and their labels are taken as a sidecar's."""

    words: ClassVar = ("import", "set")

    paths: Annotated[
        Paths,
        Field(description="Folders of sets, or any folders with a metadata.parquet like a set's."),
        Asked(argument=True),
    ]

    def check(self, catalog: Catalog) -> None:
        """Refuse sets that do not pass their checks."""
        from curate.export.verify import verify_set
        from curate.sources.imported_set import refuse_problems
        from curate.sources.made import MANIFEST

        for path in self.paths:
            if (path / MANIFEST).exists():
                refuse_problems(path, [f"{problem.path}: {problem.what}" for problem in verify_set(path)])

    def source(self, catalog: Catalog) -> LocalSource:
        """Return the photos."""
        from curate.sources.imported_set import sets_source

        return sets_source(catalog, list(self.paths))
