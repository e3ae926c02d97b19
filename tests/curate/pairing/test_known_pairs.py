"""Known pairs and scenes from a CSV: accepted in one step, unknown files listed, scenes kept together."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.catalog import decisions
from curate.catalog.candidates import replace_candidates
from curate.catalog.pairs import pairs
from curate.catalog.photos import put_photo
from curate.catalog.store import Catalog
from curate.catalog.wording import in_words
from curate.errors import SourceError, UsageError
from curate.pairing.known import KnownPairs, import_pairs
from curate.pairing.scenes import scenes
from curate.photos.facts import Exif, PhotoFacts, Status

CAMERAS = {"p": ("Apple", "iPhone X"), "c": ("Canon", "Canon EOS 40D"), "u": ("Nobody", "Knows")}


def sha(number: int) -> str:
    """A file's hash."""
    return f"{number:064x}"


@pytest.fixture
def here(catalog: Catalog, tmp_path: Path) -> Path:
    """A folder with phone photos p0 to p3, camera photos c0 to c3 and one of an unknown camera, in the catalogue only."""
    with catalog.transaction():
        for number, name in enumerate(["p0", "p1", "p2", "p3", "c0", "c1", "c2", "c3", "u0"]):
            make, model = CAMERAS[name[0]]
            facts = PhotoFacts(Status.OK, sha256=sha(number), format="JPEG", exif=Exif(make=make, model=model))
            put_photo(catalog, f"{tmp_path}/images/{name}.jpg".encode(), facts, 1)
    return tmp_path


def listed(catalog: Catalog, here: Path, text: str) -> KnownPairs:
    """Import a list that lies in the folder."""
    (here / "list.csv").write_text(text, encoding="utf-8")
    return import_pairs(catalog, here / "list.csv")


def accepted(catalog: Catalog) -> set[str]:
    """Accepted pairs by their names, the phone's first."""
    return {f"{Path(pair.phone).stem} {Path(pair.other).stem}" for pair in pairs(catalog, "accepted")}


def together(catalog: Catalog) -> set[str]:
    """The names of the photos of each scene."""
    names = {row["sha256"]: Path(row["path"]).stem for row in catalog.labels()}
    members: dict[int, list[str]] = {}
    for sha256, scene in scenes(catalog).items():
        members.setdefault(scene, []).append(names[sha256])
    return {" ".join(sorted(found)) for found in members.values()}


def test_pairs_are_accepted_in_one_step(catalog: Catalog, here: Path) -> None:
    """The phone's photo first whichever column it stands in; again changes nothing; one undo takes all back."""
    text = "image_a,image_b\nimages/p0.jpg,images/c0.jpg\nc1.jpg,p1.jpg\n"
    found = listed(catalog, here, text)
    assert (found.accepted, found.unchanged, found.unknown, found.left_out) == (2, 0, [], [])
    assert accepted(catalog) == {"p0 c0", "p1 c1"}
    again = listed(catalog, here, text)
    assert (again.accepted, again.unchanged) == (0, 2)
    step = decisions.undo(catalog)
    assert step is not None and in_words(catalog, step) == "accepted 2 pairs"
    assert accepted(catalog) == set()
    decisions.redo(catalog)
    assert accepted(catalog) == {"p0 c0", "p1 c1"}


def test_unknown_files_are_listed(catalog: Catalog, here: Path) -> None:
    """Each once, as the file has it; the other pairs are accepted."""
    text = "Image_A, IMAGE_B\nimages/p0.jpg,images/c0.jpg\nimages/p1.jpg,gone.jpg\ngone.jpg,/x/other.jpg\n,c3.jpg\n"
    found = listed(catalog, here, text)
    assert found.unknown == ["gone.jpg", "/x/other.jpg"]
    assert [one.in_words() for one in found.left_out] == ["line 5: a row: it names no photo"]
    assert accepted(catalog) == {"p0 c0"}


def test_a_photo_has_one_partner_whatever_the_order(catalog: Catalog, here: Path) -> None:
    """A pair of a phone and a camera comes before one of a kind; what is left out is told, and stays in the scene."""
    found = listed(catalog, here, "image_a,image_b\np0.jpg,p1.jpg\np0.jpg,c0.jpg\np1.jpg,c1.jpg\np2.jpg,c0.jpg\n")
    assert accepted(catalog) == {"p0 c0", "p1 c1"}
    assert sorted(Path(what.split(" + ")[0]).stem for what in (one.what for one in found.left_out)) == ["p0", "p2"]
    assert all("already has a partner" in reason for reason in (one.reason for one in found.left_out))
    assert together(catalog) == {"c0 c1 p0 p1 p2"}
    step = decisions.undo(catalog)
    assert step is not None and "scene = scene of" in in_words(catalog, step)
    assert together(catalog) == set()


def test_a_scene_gives_one_pair(catalog: Catalog, here: Path) -> None:
    """The likeliest candidate, else the first by path; all its photos are of one scene, those of unknown cameras as well."""
    ids = dict(zip(["p0", "p1", "p2", "p3", "c0", "c1", "c2", "c3", "u0"], catalog.photo_ids_where("1"), strict=True))
    replace_candidates(catalog, [(ids["p1"], ids["c1"], 0.4, True, {}), (ids["p0"], ids["c1"], 0.2, False, {})])
    text = "file,scene\n" + "".join(
        f"images/{name}.jpg,{scene}\n"
        for name, scene in [("p0", "a"), ("p1", "a"), ("c0", "a"), ("c1", "a"), ("u0", "a"), ("c3", "b"), ("p3", "b")]
    )
    found = listed(catalog, here, text + "images/p2.jpg,c\nimages/c2.jpg,\n")
    assert accepted(catalog) == {"p1 c1", "p3 c3"}
    assert (found.accepted, found.scenes) == (2, 3)
    assert [one.what for one in found.left_out] == ["images/c2.jpg", "scene c"]
    assert together(catalog) == {"c0 c1 p0 p1 u0", "c3 p3", "p2"}
    assert listed(catalog, here, text).accepted == 0
    assert accepted(catalog) == {"p1 c1", "p3 c3"}


def test_a_photo_in_two_scenes_is_told(catalog: Catalog, here: Path) -> None:
    """The two are one scene then, with one pair."""
    found = listed(catalog, here, "file,scene\np0.jpg,a\nc0.jpg,a\nc0.jpg,b\np1.jpg,b\n")
    assert [one.reason for one in found.left_out] == ["it is listed in the scenes a and b, which are taken as one"]
    assert accepted(catalog) == {"p0 c0"} and together(catalog) == {"c0 p0 p1"}


def test_pairs_with_a_scene_column(catalog: Catalog, here: Path) -> None:
    """Rows of one scene name are one scene, with each listed pair accepted."""
    listed(catalog, here, "image_a,image_b,scene\np0.jpg,c0.jpg,kitchen\np1.jpg,c1.jpg,kitchen\np2.jpg,c2.jpg,\n")
    assert accepted(catalog) == {"p0 c0", "p1 c1", "p2 c2"}
    assert together(catalog) == {"c0 c1 p0 p1", "c2 p2"}


def test_what_cannot_be_used_is_refused_whole(catalog: Catalog, here: Path) -> None:
    """Other columns, no file, a path that names several photos: nothing is accepted."""
    with pytest.raises(SourceError, match="has the columns left, right"):
        listed(catalog, here, "left,right\np0.jpg,c0.jpg\n")
    with pytest.raises(UsageError, match="there is no file"):
        import_pairs(catalog, here / "none.csv")
    with catalog.transaction():
        put_photo(catalog, b"/elsewhere/images/p1.jpg", PhotoFacts(Status.OK, sha256=sha(99), format="JPEG"), 1)
    (here / "deeper").mkdir()
    (here / "deeper" / "list.csv").write_text("image_a,image_b\np0.jpg,c0.jpg\np1.jpg,c1.jpg\n")
    with pytest.raises(UsageError, match=r"p1.jpg names 2 photos"):
        import_pairs(catalog, here / "deeper" / "list.csv")
    assert accepted(catalog) == set()


def test_nobody_judged_what_a_list_says(catalog: Catalog, here: Path) -> None:
    """In the exchange of decisions a listed pair counts as brought in: two annotators with one list do not agree by it."""
    from curate.catalog.exchange import exported

    listed(catalog, here, "image_a,image_b\np0.jpg,c0.jpg\n")
    assert [row["imported"] for row in exported(catalog)] == [True]


@pytest.mark.parametrize(
    ("text", "line", "failed"),
    [
        ("image_a,image_b\np0.jpg,c0.jpg\n\n,c3.jpg\n", 4, True),
        ("image_a,image_b\np0.jpg,p0.jpg\n", 2, True),
        ("file,scene\np0.jpg,\n", 2, True),
        ("image_a,image_b\np3.jpg,c0.jpg\n", 2, True),
        ("image_a,image_b\np0.jpg,c0.jpg\np0.jpg,c1.jpg\n", 3, False),
        ("file,scene\nc0.jpg,a\nc0.jpg,b\np0.jpg,a\n", 3, False),
        ("file,scene\nc1.jpg,a\n", None, False),
    ],
)
def test_what_a_person_has_to_see_to(catalog: Catalog, here: Path, text: str, line: int | None, failed: bool) -> None:
    """A row that cannot be used, or a photo that was paired before: its line is told. Not what a rule of the list decides."""
    if "p3.jpg" in text:
        listed(catalog, here, "image_a,image_b\np3.jpg,c3.jpg\n")
    found = listed(catalog, here, text)
    (left,) = found.left_out
    assert (left.line, left.failed, found.complete) == (line, failed, not failed)


def test_names_with_spaces_at_their_ends(catalog: Catalog, here: Path) -> None:
    """Such a file can be named; spaces around the name of another one do not count."""
    with catalog.transaction():
        facts = PhotoFacts(Status.OK, sha256=sha(50), format="JPEG", exif=Exif(make="Apple", model="iPhone X"))
        put_photo(catalog, f"{here}/images/ x.jpg".encode(), facts, 1)
    assert listed(catalog, here, "image_a;image_b\nimages/ x.jpg; images/c0.jpg \n").accepted == 1
    assert accepted(catalog) == {" x c0"}
