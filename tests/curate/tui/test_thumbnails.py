"""Small pictures: made in the order in which they are wanted, from previews that are made again where they are lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from curate.catalog.browsing import PICTURED, rows_of
from curate.catalog.store import Catalog
from curate.ingest import ingest
from curate.tui.thumbnails import Thumbnails, Wish, fitted
from curate.tui.widgets.picturelines import halfcells
from curate.workspace import Workspace
from tests.conftest import write_photo
from tracer.base.progress import finish

Photo = tuple[str, bytes | None]


@pytest.fixture
def library(tmp_path: Path) -> tuple[Workspace, list[Photo]]:
    """Four photos that were taken in."""
    for number in range(4):
        write_photo(tmp_path / "photos" / f"{number}.jpg", number)
    workspace = Workspace.create(tmp_path / "w")
    with Catalog.open(workspace) as catalog:
        finish(ingest(catalog, [tmp_path / "photos"], jobs=0))
        rows = rows_of(catalog, range(1, 5))
    return workspace, [(str(row["sha256"]), row[PICTURED]) for row in rows.values()]


def wishes(photos: list[Photo], width: int = 20) -> list[Wish]:
    """A thumbnail of each photo."""
    return [Wish(sha256, path, width, width) for sha256, path in photos]


def test_the_newest_wishes_are_made(library: tuple[Workspace, list[Photo]]) -> None:
    """Those asked for before are dropped unless they are asked for again; one thread works at a time."""
    workspace, photos = library
    thumbnails: Thumbnails[tuple[int, int]] = Thumbnails(workspace, lambda image: image.size)
    one, two, three, four = wishes(photos)
    assert thumbnails.want([one, two]) and not thumbnails.want([three, one])
    told: list[int] = []
    thumbnails.work(lambda: told.append(1), lambda: False)
    assert [thumbnails.is_made(wish) for wish in (one, two, three, four)] == [True, False, True, False]
    assert len(told) == 2 and not thumbnails.want([one, three])
    assert thumbnails.want([four])
    thumbnails.work(lambda: None, lambda: True)  # the app ends
    assert not thumbnails.is_made(four) and thumbnails.want([four])
    size = thumbnails.get(one)
    assert size is not None and max(size) == 20


def test_a_lost_preview_is_made_again(library: tuple[Workspace, list[Photo]]) -> None:
    """After those that are there; a file that changed, or is gone, has no picture, until it is back."""
    workspace, photos = library
    for sha256, _ in photos[:3]:
        workspace.preview(sha256).unlink()
    _, second = photos[1]
    _, third = photos[2]
    assert second is not None and third is not None
    Path(second.decode()).unlink()
    content = Path(third.decode()).read_bytes()
    Path(third.decode()).write_bytes(content + b"changed")
    made: list[bool] = []
    thumbnails: Thumbnails[Image.Image] = Thumbnails(workspace, lambda image: image)
    all_four = wishes(photos)
    thumbnails.want(all_four)
    thumbnails.work(lambda: made.append(thumbnails.is_made(all_four[3])), lambda: False)
    assert made[0] and [thumbnails.get(wish) is not None for wish in all_four] == [True, False, False, True]
    assert workspace.preview(photos[0][0]).exists() and not workspace.preview(photos[2][0]).exists()
    assert not list((workspace.cache / "previews").glob("incoming*"))
    Path(third.decode()).write_bytes(content)
    thumbnails.forget_impossible()
    thumbnails.want(all_four)
    thumbnails.work(lambda: None, lambda: False)
    assert thumbnails.get(all_four[2]) is not None


def test_few_are_kept(library: tuple[Workspace, list[Photo]]) -> None:
    """Those that were used last."""
    workspace, photos = library
    thumbnails: Thumbnails[int] = Thumbnails(workspace, lambda _: 1, most=2)
    made = wishes(photos)
    for wish in made[:2]:
        thumbnails.want([wish])
        thumbnails.work(lambda: None, lambda: False)
    thumbnails.get(made[0])
    thumbnails.want([made[2]])
    thumbnails.work(lambda: None, lambda: False)
    assert [thumbnails.is_made(wish) for wish in made] == [True, False, True, False]


@pytest.mark.parametrize("shape", [(1, 10_000), (10_000, 1), (3, 2), (640, 480)])
@pytest.mark.parametrize("room", [(1, 1), (20, 7), (300, 200)])
def test_pictures_fit(shape: tuple[int, int], room: tuple[int, int]) -> None:
    """Whatever their shape, no side is longer than the room, or nothing."""
    for stretch in (1.0, 2.0):
        width, height = fitted(shape, room, stretch)
        assert 1 <= width <= room[0] and 1 <= height <= room[1]


def test_half_cells_have_the_colours_of_the_picture() -> None:
    """Two pixels a character, equal neighbours together; a last row alone has no lower half."""
    image = Image.new("RGB", (3, 3), (200, 100, 40))
    image.putpixel((0, 1), (0, 0, 252))
    first, last = halfcells(image)
    assert [segment.text for segment in first] == ["▀", "▀▀"] and first.cell_length == last.cell_length == 3
    style = first._segments[0].style
    assert style is not None and style.color is not None and style.bgcolor is not None
    assert style.color.triplet == (200, 100, 40) and style.bgcolor.triplet == (0, 0, 252)
    below = last._segments[0].style
    assert below is not None and below.bgcolor is None
