"""Whatever lies in the cache may be damaged: it is noticed and made again, and results are as before."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from curate.catalog.store import Catalog
from curate.errors import CurateError
from curate.ingest import ingest
from curate.pairing.run import pair_workspace
from curate.photos.previews import is_damaged
from curate.workspace import Workspace
from tests.conftest import MadeOnce, write_photo
from tracer.base.progress import finish

CAMERAS = (("Apple", "iPhone X"), ("Canon", "Canon EOS 40D"), ("Apple", "iPhone 8"), ("Nikon", "NIKON D90"))

Damage = Callable[[Path, Path], object]


def emptied(path: Path, other: Path) -> None:
    """No bytes."""
    path.write_bytes(b"")


def cut(path: Path, other: Path) -> None:
    """Half of it."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def noise(path: Path, other: Path) -> None:
    """As many other bytes."""
    path.write_bytes(os.urandom(path.stat().st_size))


def one_bit(path: Path, other: Path) -> None:
    """In the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def anothers(path: Path, other: Path) -> None:
    """Another photo's file."""
    path.write_bytes(other.read_bytes())


def a_folder(path: Path, other: Path) -> None:
    """With something in it."""
    path.unlink()
    (path / "in").mkdir(parents=True)


def a_pipe(path: Path, other: Path) -> None:
    """Reading it would wait for ever."""
    path.unlink()
    os.mkfifo(path)


def a_dangling_link(path: Path, other: Path) -> None:
    """To nowhere."""
    path.unlink()
    path.symlink_to("nowhere")


def a_file_above(path: Path, other: Path) -> None:
    """In the place of its folder."""
    path.parent.rename(path.parent.with_name("elsewhere"))
    path.parent.write_text("x")


DAMAGES: list[Damage] = [emptied, cut, noise, one_bit, anothers, a_folder, a_pipe, a_dangling_link, a_file_above]


@pytest.fixture
def tmp_path(same_place: Path) -> Path:
    """An empty folder, at the same path for each test, so that the workspace can be copied into it."""
    return same_place


@pytest.fixture
def paired(tmp_path: Path, made_once: MadeOnce) -> Iterator[Catalog]:
    """Four photos, taken in and compared."""

    def make() -> None:
        for number, camera in enumerate(CAMERAS):
            write_photo(tmp_path / "photos" / f"{number}.jpg", 7, *camera)
        workspace = Workspace.create(tmp_path / "w")
        with workspace.writing("test"), Catalog.open(workspace) as catalog:
            finish(ingest(catalog, [tmp_path / "photos"], jobs=1))
            finish(pair_workspace(catalog, jobs=1))

    made_once("four photos compared", make)
    workspace = Workspace.open(tmp_path / "w")
    with workspace.writing("test"), Catalog.open(workspace) as catalog:
        yield catalog


def candidates(catalog: Catalog) -> list[Any]:
    """All that was found."""
    return [tuple(row) for row in catalog.connection.execute("SELECT * FROM candidate ORDER BY phone, other")]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_features_are_made_again(paired: Catalog, damage: Damage) -> None:
    """By the next pairing, which finds what it found before."""
    before = candidates(paired)
    kept = sorted((paired.workspace.cache / "features").rglob("*.features"))
    whole = [path.read_bytes() for path in kept]
    assert len(kept) == 4
    damage(kept[0], kept[1])
    finish(pair_workspace(paired, jobs=1))
    assert candidates(paired) == before
    assert [path.read_bytes() for path in kept] == whole


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_previews_are_made_again(paired: Catalog, tmp_path: Path, damage: Damage) -> None:
    """Pairing does not compare them, and says what makes them again; that does, and the same pairs are found."""
    before = candidates(paired)
    kept = sorted((paired.workspace.cache / "previews").rglob("*.jpg"))
    whole = [path.read_bytes() for path in kept]
    for features in (paired.workspace.cache / "features").rglob("*.features"):
        features.unlink()
    damage(kept[0], kept[1])
    with pytest.raises(CurateError, match="cannot be compared") as caught:
        finish(pair_workspace(paired, jobs=1))
    assert "curate ingest" in caught.value.way_out
    assert candidates(paired) == before
    counts = finish(ingest(paired, [tmp_path / "photos"], jobs=1))
    assert (counts.unchanged, counts.updated) == (4, 0)
    assert [path.read_bytes() for path in kept] == whole
    finish(pair_workspace(paired, jobs=1))
    assert candidates(paired) == before


def test_previews_of_earlier_versions_pass(tmp_path: Path, paired: Catalog) -> None:
    """They have no seal, and need not be made again."""
    preview = next((paired.workspace.cache / "previews").rglob("*.jpg"))
    content = preview.read_bytes()
    assert not is_damaged(preview, preview.stem)
    assert is_damaged(preview, "f" * 64)
    preview.write_bytes(content[: content.rindex(b"\xff\xd9") + 2])
    assert not is_damaged(preview, preview.stem)
    assert finish(ingest(paired, [tmp_path / "photos"], jobs=1)).unchanged == 4
    assert preview.stat().st_size == len(content) - 32
