"""Operations that find, import and decide pairs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from curate.operation import Asked, Operation
from tracer.base.progress import SILENT, Work

if TYPE_CHECKING:
    from curate.catalog.store import Catalog
    from curate.pairing.known import KnownPairs
    from curate.pairing.run import PairingCounts


class FindPairs(Operation):
    """Find candidate pairs: photos of the same scene, one taken with a smartphone and one with another camera."""

    words: ClassVar = ("pair",)
    work: ClassVar = "pairs"
    title: ClassVar = "Find pairs"
    tooltip: ClassVar = "find photos of one scene by a phone and by another camera"
    says_next: ClassVar = True

    no_time: Annotated[bool, Field(description="Do not use time as evidence.")] = False
    no_gps: Annotated[bool, Field(description="Do not use the place as evidence.")] = False
    embeddings: Annotated[
        str | None,
        Field(
            description="Also find partners by an encoder's embeddings, e.g. offline/efficientnet-lite0; they are cached."
        ),
        Asked(metavar="ENCODER"),
    ] = None
    jobs: Annotated[int, Field(ge=0, description="Worker processes; 0 means one per core.")] = 0

    def run(self, catalog: Catalog) -> Work[PairingCounts]:
        """Find the pairs."""
        from curate.pairing.run import pair_workspace  # it loads OpenCV, which takes a second

        settings, embed = catalog.workspace.settings.pair, None
        if self.embeddings is not None:
            from curate.handoff import check_encoders, embed_previews

            check_encoders((self.embeddings,))
            embed = partial(embed_previews, cache=catalog.workspace.cache, encoder=self.embeddings)
        return pair_workspace(
            catalog,
            use_time=settings.use_time and not self.no_time,
            use_gps=settings.use_gps and not self.no_gps,
            embed=embed,
            jobs=self.jobs,
        )


class ImportPairs(Operation):
    """Import known pairs or scenes as accepted; one `curate undo` takes them back. For each scene, one pair of a phone
    photo and another camera's photo is accepted, and all its photos are stated to show one scene."""

    words: ClassVar = ("pairs", "import")

    file: Annotated[
        Path,
        Field(
            description="A CSV with the columns image_a,image_b (and optionally scene), or file,scene. Its paths are as curate "
            "prints them, or relative to the CSV, the current folder or a source folder."
        ),
        Asked(argument=True, label="file", ending=".csv", here=True),
    ]

    def run(self, catalog: Catalog) -> Work[KnownPairs]:
        """Import them."""
        from curate.pairing.known import import_pairs
        from curate.pairing.score.learning import follow

        yield SILENT
        found = import_pairs(catalog, self.file)
        follow(catalog)
        return found
