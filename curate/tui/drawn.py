"""Draws the matching points of a pair as a picture, in a thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from curate.catalog.pairs import PairRow
from curate.catalog.store import Catalog
from curate.errors import CurateError, UsageError
from curate.tui.messages import MatchesDrawn
from curate.workspace import Workspace

if TYPE_CHECKING:
    from PIL.Image import Image

COARSE = (14, 9)
FINE = (60, 2)
"""Largest number of lines, and their thickness in pixels of a drawing about 1,300 wide; `COARSE` if pixels are terminal cells."""


def matches_of(
    workspace: Workspace, pair: PairRow, swapped: bool, coarse: bool, stopped: Callable[[], bool]
) -> MatchesDrawn | None:
    """Draw the matches of a pair, or say why that is not possible; None if it was stopped.

    It opens the catalogue itself, so that it can run in a thread.

    Args:
        workspace: the workspace with the catalogue, previews and features.
        pair: the pair.
        swapped: whether the other camera's photo is on the left.
        coarse: whether the terminal draws pictures as character cells.
        stopped: returns whether to stop; called between the steps.
    """
    from curate.pairing.drawing import draw_matches, inlier_points
    from curate.pairing.run import pairing_photos

    key = pair.phone_id, pair.other_id
    try:
        with Catalog.open(workspace, read_only=True) as catalog:
            photos, left_out = pairing_photos(catalog, key)
        by_id = {photo.id: photo for photo in photos}
        if len(by_id) < 2:
            why = "; ".join(f"{Path(one.path).name}: {one.reason}" for one in left_out) or "a camera's type is unknown"
            raise UsageError("there are no matches to draw", why, "Run curate ingest again.")
        one, two = (by_id[photo] for photo in (reversed(key) if swapped else key))
        if stopped():
            return None
        found = inlier_points(one, two, workspace.cache)
        if stopped():
            return None
        drawn = draw_matches(one, two, found, *(COARSE if coarse else FINE))
    except CurateError as error:
        return MatchesDrawn(key, None, error=error)
    return MatchesDrawn(key, _picture(drawn), len(found.a))


def _picture(bgr: object) -> Image:
    import numpy as np
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(np.asarray(bgr)[:, :, ::-1]))
