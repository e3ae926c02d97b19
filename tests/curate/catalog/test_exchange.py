"""Decisions out of one workspace and into another: agreement, conflicts, and files that nobody of ours wrote."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from curate.cameras.types import CameraType
from curate.catalog import decisions
from curate.catalog.clocks import clock_offsets
from curate.catalog.exchange import MOST_BYTES, Refused, exported, parsed
from curate.catalog.findings import TAKEN, agreement
from curate.catalog.forgetting import forget_these
from curate.catalog.importing import import_decisions
from curate.catalog.keepers import keep, kept
from curate.catalog.marking import flag, state_clock, write_note
from curate.catalog.photos import put_photo
from curate.catalog.remarks import remarks
from curate.catalog.store import Catalog
from curate.errors import UsageError
from curate.photos.facts import Exif, PhotoFacts, Status
from curate.workspace import Workspace


def sha(number: int) -> str:
    """A file's hash."""
    return f"{number:064x}"


@contextlib.contextmanager
def workspace(folder: Path, photos: range = range(12), shift: int = 0) -> Iterator[Catalog]:
    """A workspace that holds these photos; `shift` gives the same photos other row numbers and paths."""
    place = Workspace.create(folder)
    with place.writing("test"), Catalog.open(place) as catalog:
        with catalog.transaction():
            for k in [*range(900, 900 + shift), *photos]:
                make, model = ("Canon", "Canon EOS 40D") if k % 2 else ("Apple", "iPhone X")
                facts = PhotoFacts(Status.OK, sha256=sha(k), format="JPEG", exif=Exif(make=make, model=model))
                put_photo(catalog, f"/{folder.name}/{k}.jpg".encode(), facts, 1)
        yield catalog


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Catalog]:
    """The workspace that imports."""
    with workspace(tmp_path / "mine") as catalog:
        yield catalog


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Catalog]:
    """Another annotator's workspace on the same photos, under other numbers and paths, and with some more."""
    with workspace(tmp_path / "theirs", range(16), shift=5) as catalog:
        yield catalog


def written(catalog: Catalog, path: Path) -> Path:
    """A workspace's decisions in a file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in exported(catalog)), encoding="utf-8")
    return path


def decide(catalog: Catalog, words: str) -> None:
    """`0+1 2-3`: accept 0 with 1, reject 2 with 3."""
    for word in words.split():
        sign = "+" if "+" in word else "-"
        phone, other = map(int, word.split(sign))
        decisions.decide(catalog, "accept" if sign == "+" else "reject", sha(phone), sha(other))


def verdicts(catalog: Catalog) -> dict[tuple[str, str], str]:
    """What the pairs' verdicts are."""
    rows = catalog.connection.execute("SELECT phone, other, status FROM verdict")
    return {(row["phone"], row["other"]): row["status"] for row in rows}


def said(catalog: Catalog) -> list[tuple[Any, ...]]:
    """All that decisions change, by content."""
    labels = [(row["sha256"], row["semantic_label"], row["camera_type"]) for row in catalog.labels()]
    return [*sorted(verdicts(catalog).items()), *sorted(labels, key=str)]


def test_lines_name_photos_by_content_and_cameras_by_name(theirs: Catalog) -> None:
    """No row number and no path leaves the workspace; what was taken back says so."""
    photo = theirs.connection.execute("SELECT id FROM photo WHERE sha256 = ?", (sha(4),)).fetchone()[0]
    decide(theirs, "0+1 2-3")
    decisions.label(theirs, [photo], "semantic_label", "cat")
    decisions.set_camera_type(theirs, "Apple", "iPhone X", CameraType.COMPACT)
    decisions.undo(theirs)
    lines = list(exported(theirs))
    text = json.dumps(lines)
    assert "/theirs/" not in text and '"photo":' not in text
    assert [(line["action"], line["stands"]) for line in lines] == [
        ("accept", True), ("reject", True), ("label", True), ("camera", False), ("undo", False),
    ]  # fmt: skip
    assert lines[0]["phone"]["sha256"] == sha(0) and lines[0]["phone"]["photo_id"] >= 10**15
    assert lines[2]["photos"] == [{"sha256": sha(4), "photo_id": lines[2]["photos"][0]["photo_id"]}]
    assert (lines[3]["make"], lines[3]["model"], lines[3]["type"]) == ("Apple", "iPhone X", "compact")


def test_what_is_new_is_taken_and_what_is_here_stays(mine: Catalog, theirs: Catalog, tmp_path: Path) -> None:
    """New pairs, labels and cameras come in, under their own names; a second import changes nothing; one undo takes all back."""
    decide(mine, "0+1 2-3")
    decide(theirs, "0+1 2-3 4+5 6-7")
    photo = theirs.connection.execute("SELECT id FROM photo WHERE sha256 = ?", (sha(8),)).fetchone()[0]
    decisions.label(theirs, [photo], "semantic_label", "cat")
    decisions.set_camera_type(theirs, "Nobody", "N 1", CameraType.MIRRORLESS)
    file = written(theirs, tmp_path / "theirs.jsonl")
    before = said(mine)
    assert import_decisions(mine, file, dry_run=True).taken == {"accepted": 1, "rejected": 1, "labels": 1, "cameras": 1}
    assert said(mine) == before
    found = import_decisions(mine, file)
    assert found.taken == {"accepted": 1, "rejected": 1, "labels": 1, "cameras": 1}
    assert (found.unchanged, found.conflicts, found.unknown, found.refused, found.complete) == (2, [], {}, [], True)
    assert verdicts(mine) == verdicts(theirs)
    after = said(mine)
    entries = len(list(decisions.entries(mine)))
    again = import_decisions(mine, file)
    assert (sum(again.taken.values()), again.unchanged) == (0, 6)
    assert len(list(decisions.entries(mine))) == entries
    assert decisions.undo(mine) and said(mine) == before
    assert decisions.redo(mine) and said(mine) == after
    line = next(row for row in exported(mine) if row["action"] == "accept" and row.get("imported"))
    assert line["at"] == next(iter(row for row in exported(theirs) if row["seq"] == 3))["at"]


def test_a_pair_that_was_let_go_of_is_nobodys_rejection(mine: Catalog, theirs: Catalog, tmp_path: Path) -> None:
    """A file was replaced and its photo's partner paired anew: no import counts or takes over what the program rejected."""
    decide(theirs, "0+1 2-3")
    decide(mine, "0+1 2-3")
    with theirs.transaction():
        camera = Exif(make="Canon", model="Canon EOS 40D")
        put_photo(theirs, b"/theirs/1.jpg", PhotoFacts(Status.OK, sha256=sha(500), format="JPEG", exif=camera), 2)
    decide(theirs, "0+500")
    (let_go,) = (row for row in exported(theirs) if "gone" in row)
    assert (let_go["action"], let_go["other"]["sha256"], let_go["stands"]) == ("reject", sha(1), False)
    before = verdicts(mine)
    found = import_decisions(mine, written(theirs, tmp_path / "theirs.jsonl"))
    assert found.agreement is not None and (found.agreement.pairs, found.agreement.observed) == (2, 1.0)
    assert not found.conflicts and verdicts(mine) == before
    back = import_decisions(theirs, written(mine, tmp_path / "mine.jsonl"), dry_run=True)
    assert back.agreement is not None and back.agreement.observed == 1.0


def test_conflicts_are_listed_and_never_overwritten(mine: Catalog, theirs: Catalog, tmp_path: Path) -> None:
    """Yes against no, and another partner: mine stays unless theirs is preferred in so many words."""
    decide(mine, "0+1 2-3 4+5")
    decide(theirs, "0-1 2+3 4+7")
    file = written(theirs, tmp_path / "theirs.jsonl")
    before = verdicts(mine)
    found = import_decisions(mine, file)
    assert verdicts(mine) == before and not found.complete
    assert [(c.kind, c.mine, c.theirs, c.kept) for c in found.conflicts] == [
        ("pair", "accepted", "rejected", None),
        ("pair", "rejected", "accepted", None),
        ("partner", "paired with /mine/5.jpg", "accepted", None),
    ]
    assert found.conflicts[0].what == ("/mine/0.jpg", "/mine/1.jpg")
    kept = import_decisions(mine, file, prefer="mine")
    assert verdicts(mine) == before and kept.complete and {c.kept for c in kept.conflicts} == {"mine"}
    other = import_decisions(mine, file, prefer="theirs")
    assert other.complete and other.taken == {"accepted": 2, "rejected": 1}
    now = verdicts(mine)
    assert now == {
        (sha(0), sha(1)): "rejected", (sha(2), sha(3)): "accepted",
        (sha(4), sha(5)): "rejected", (sha(4), sha(7)): "accepted",
    }  # fmt: skip
    assert decisions.undo(mine) and verdicts(mine) == before


def test_labels_and_cameras_conflict_too(mine: Catalog, theirs: Catalog, tmp_path: Path) -> None:
    """A person's label here is not overwritten by a person's label there; nor is a camera's type."""
    for catalog, label, kind in ((mine, "cat", CameraType.COMPACT), (theirs, "dog", CameraType.DSLR)):
        photo = catalog.connection.execute("SELECT id FROM photo WHERE sha256 = ?", (sha(4),)).fetchone()[0]
        decisions.label(catalog, [photo], "semantic_label", label)
        decisions.set_camera_type(catalog, "Apple", "iPhone X", kind)
    file = written(theirs, tmp_path / "theirs.jsonl")
    found = import_decisions(mine, file)
    assert [(c.kind, c.mine, c.theirs) for c in found.conflicts] == [
        ("camera", "compact", "dslr"), ("label", "cat", "dog"),
    ]  # fmt: skip
    import_decisions(mine, file, prefer="theirs")
    assert said(mine) == [row for row in said(theirs) if int(row[0], 16) < 12]


def test_unknown_photos_are_counted_and_listed(mine: Catalog, theirs: Catalog, tmp_path: Path) -> None:
    """A decision on photos that are not here is left out, and each such photo is named once."""
    decide(theirs, "12+13 14-13 0+1")
    found = import_decisions(mine, written(theirs, tmp_path / "theirs.jsonl"))
    assert set(found.unknown) == {sha(12), sha(13), sha(14)} and not found.complete
    assert found.taken == {"accepted": 1}


def test_agreement_counts_what_both_decided_by_themselves(mine: Catalog, theirs: Catalog, tmp_path: Path) -> None:
    """Neither a second import nor a file that comes back raises the agreement, and a threshold's word counts for nobody."""
    decide(mine, "0+1 2-3 4-5")
    decide(theirs, "0+1 2-3 4+5 6+7 8-9")
    decisions.decide(mine, "accept", sha(8), sha(9), note={"auto": 0.98})
    file = written(theirs, tmp_path / "theirs.jsonl")
    first = import_decisions(mine, file).agreement
    assert first is not None and first.pairs == 3
    assert first.kappa == pytest.approx(cohen_kappa_score([1, 0, 0], [1, 0, 1]))
    assert import_decisions(mine, file).agreement == first
    back = import_decisions(theirs, written(mine, tmp_path / "mine.jsonl")).agreement
    assert back is not None and (back.pairs, back.kappa) == (3, first.kappa)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_kappa_is_cohen_s(answers: list[tuple[bool, bool]]) -> None:
    """The figure of scikit-learn where it is defined; None with the reason where it is not."""
    status = {True: "accepted", False: "rejected"}
    mine = {(sha(k), sha(k + 100)): status[a] for k, (a, _) in enumerate(answers)}
    theirs = {(sha(k), sha(k + 100)): status[b] for k, (_, b) in enumerate(answers)}
    found = agreement(mine | {("x", "y"): "accepted"}, theirs)
    assert found.pairs == len(answers)
    if len({answer for pair in answers for answer in pair}) < 2:
        assert found.kappa is None and found.undefined
    else:
        expected = cohen_kappa_score([a for a, _ in answers], [b for _, b in answers])
        assert found.kappa == pytest.approx(expected) and found.undefined is None


def test_a_pair_the_other_way_round_is_the_same_pair(mine: Catalog, theirs: Catalog, tmp_path: Path) -> None:
    """Another workspace may know less of the cameras and name the two the other way round."""
    decide(mine, "0+1")
    decide(theirs, "1+0")
    found = import_decisions(mine, written(theirs, tmp_path / "theirs.jsonl"))
    assert (found.unchanged, sum(found.taken.values())) == (1, 0)
    assert found.agreement is not None and found.agreement.pairs == 1


def test_a_flickr_id_finds_the_photo_whose_bytes_differ(mine: Catalog, tmp_path: Path) -> None:
    """Two downloads of one Flickr photo can differ; its ID names it where only one content here has it."""
    mine.connection.execute("UPDATE photo SET photo_id = 12345 WHERE sha256 = ?", (sha(0),))
    line = {"action": "accept", "phone": {"sha256": sha(77), "photo_id": 12345}, "other": {"sha256": sha(1)}}
    file = tmp_path / "theirs.jsonl"
    file.write_text(json.dumps(line), encoding="utf-8")
    assert import_decisions(mine, file).taken == {"accepted": 1}
    assert verdicts(mine) == {(sha(0), sha(1)): "accepted"}


HOSTILE = [
    b"",
    b"not json",
    b"[" * 100_000,
    b'{"action": "drop table"}',
    b'{"action": "accept"}',
    b'{"action": "accept", "phone": {"sha256": "../../etc/passwd"}, "other": {"sha256": "x"}}',
    b'{"action": "accept", "phone": {"sha256": "' + b"0" * 64 + b'"}, "other": {"sha256": 5}}',
    b'{"action": "camera", "make": "A", "model": "B", "type": "toaster"}',
    b'{"action": "label", "key": "semantic_label", "value": ["x"], "photos": []}',
    b'{"action": "accept", "format": 2}',
    b"\xff\xfe\x00",
    b'{"action": "label", "key": "semantic_label", "value": "\\ud800", "photos": []}',
    b'{"action": "accept", "phone": {"sha256": "%s", "photo_id": 1e400}, "other": {"sha256": "%s"}}'
    % (b"0" * 64, b"1" * 64),
]


AHEAD = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M:%S+00:00}"
HOSTILE += [
    json.dumps({"action": "accept", "at": at, "phone": {"sha256": sha(2)}, "other": {"sha256": sha(3)}}).encode()
    for at in (AHEAD, "yesterday")
]


def test_kinds_of_another_version_and_of_one_workspace(mine: Catalog, tmp_path: Path) -> None:
    """What this version does not know is listed with its line, also where the file holds nothing else; a clock of an unknown
    camera is passed over, with the reason, and what was forgotten here is not forgotten again."""
    file = tmp_path / "theirs.jsonl"
    file.write_text('{"action": "teleport", "photos": []}\n')
    found = import_decisions(mine, file)
    assert [refused.line for refused in found.refused] == [1] and "teleport" in found.refused[0].why
    assert not found.complete
    for number, sha256 in enumerate((sha(0), sha(1))):
        row = mine.connection.execute("SELECT id FROM photo WHERE sha256 = ?", (sha256,)).fetchone()
        decisions.forget_photos(mine, [row["id"]], [f"/{number}".encode()])
    state_clock(mine, "Apple|iPhone X", "Nobody|N 1", 5.0)
    file.write_text("".join(json.dumps(row) + "\n" for row in exported(mine)))
    found = import_decisions(mine, file)
    assert found.refused == [] and sorted(found.passed_over.values()) == [1, 2] and found.complete
    assert [row["photos"][0]["sha256"] for row in exported(mine) if row["action"] == "forget"] == [sha(0), sha(1)]


def test_hostile_lines_are_refused_one_by_one(mine: Catalog, tmp_path: Path) -> None:
    """Each bad line is listed with its number and reason, and costs the good ones nothing."""
    good = json.dumps({"action": "accept", "phone": {"sha256": sha(0)}, "other": {"sha256": sha(1)}, "extra": [1, {}]})
    file = tmp_path / "theirs.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + good.encode() + b"\n" + b"\n".join(HOSTILE) + b"\n")
    found = import_decisions(mine, file)
    assert found.taken == {"accepted": 1}
    lines = [k + 2 for k, line in enumerate(HOSTILE) if line]
    assert [r.line for r in found.refused] == lines[:10] and found.refused_lines == len(lines) > 10
    assert all(r.why and "\n" not in r.why and "\x1b" not in r.why for r in found.refused)


def test_a_file_without_any_decision_is_a_usage_error(mine: Catalog, tmp_path: Path) -> None:
    """A picture given by mistake, or a folder, is said to be none; an empty file is no mistake."""
    file = tmp_path / "theirs.jsonl"
    file.write_bytes(b"\xff\xd8\xff\xe0" + bytes(1000))
    for place in (file, tmp_path, tmp_path / "nothing"):
        with pytest.raises(UsageError):
            import_decisions(mine, place)
    file.write_bytes(b"")
    assert import_decisions(mine, file).lines == 0


def test_a_line_without_end_is_never_held(tmp_path: Path) -> None:
    """A line of more bytes than are read is refused, and the next one is read."""
    file = tmp_path / "long.jsonl"
    with file.open("wb") as out:
        out.seek(MOST_BYTES + 5_000_000)
        out.write(b'\n{"action": "undo"}\n')
    first, second = parsed(file)
    assert isinstance(first, Refused) and "longer" in first.why
    assert not isinstance(second, Refused) and second.action == "undo"


def test_foreign_text_is_cleaned(mine: Catalog, tmp_path: Path) -> None:
    """Control characters in a name, a label or a camera do not get behind the door."""
    lines = [
        {"action": "label", "key": "semantic_label", "value": "c\u001b[31mat", "photos": [{"sha256": sha(0)}], "who": "a\u202eb"},
        {"action": "label", "key": "taken_at", "value": "yesterday", "photos": [{"sha256": sha(0)}]},
        {"action": "label", "key": "status", "value": "ok", "photos": [{"sha256": sha(0)}]},
        {"action": "label", "key": "\x1b]0;pwned\x07", "value": "ok", "photos": [{"sha256": sha(0)}]},
    ]  # fmt: skip
    file = tmp_path / "theirs.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    found = import_decisions(mine, file)
    assert found.taken == {"labels": 1} and sum(found.passed_over.values()) == 3
    assert all(reason.isprintable() for reason in found.passed_over)
    label = next(row["semantic_label"] for row in mine.labels() if row["sha256"] == sha(0))
    assert label.isprintable() and "\x1b" not in label
    assert "\u202e" not in json.dumps(list(exported(mine)), ensure_ascii=False)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), max_size=12),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), max_size=12),
    st.sampled_from([None, "mine", "theirs"]),
    st.integers(0, 2**31),
)
def test_whatever_was_decided_import_is_idempotent_and_one_undo(
    tmp_path: Path, here: list[tuple[int, int, bool]], there: list[tuple[int, int, bool]], prefer: Any, seed: int
) -> None:
    """Any two histories: a second import finds nothing new, one undo restores everything, nobody has two partners."""
    folder = tmp_path / f"{np.random.default_rng(seed).integers(2**60)}"
    with workspace(folder / "a") as mine, workspace(folder / "b", shift=3) as theirs:
        for catalog, history in ((mine, here), (theirs, there)):
            for phone, other, yes in history:
                with contextlib.suppress(UsageError):
                    decisions.decide(catalog, "accept" if yes else "reject", sha(2 * phone), sha(2 * other + 1))
        file = written(theirs, folder / "theirs.jsonl")
        before = verdicts(mine)
        found = import_decisions(mine, file, prefer)
        after = verdicts(mine)
        accepted = [name for pair, status in after.items() if status == "accepted" for name in pair]
        assert len(accepted) == len(set(accepted))
        if prefer != "theirs":
            assert {pair: after[pair] for pair in before} == before
        again = import_decisions(mine, file, prefer)
        assert sum(again.taken.values()) == 0 and verdicts(mine) == after
        if sum(found.taken.values()):
            assert decisions.undo(mine) and verdicts(mine) == before


Decided = dict[str, Any]
"""What one annotator decides: name -> value."""

TRUTH: Decided = {
    "0+1": "accept", "2+3": "reject", "6+9": "accept", "label 4": "cat", "scene 5": "attic", "flag 0+1": True,
    "note 2+3": "blurred", "camera": "mirrorless", "clock": 5.0, "keep 7": "1", "forget 8": True,
}  # fmt: skip
"""What annotators decide where they do not differ."""


def decide_all(catalog: Catalog, decided: Decided) -> None:
    """Make decisions of all kinds."""
    for name, value in decided.items():
        kind, _, what = name.rpartition(" ")
        if "+" in what:
            phone, other = (sha(int(word)) for word in what.split("+"))
        ids = {row["sha256"]: row["id"] for row in catalog.connection.execute("SELECT id, sha256 FROM photo")}
        if kind == "flag":
            flag(catalog, phone, other, value)
        elif kind == "note":
            write_note(catalog, phone, other, value)
        elif kind in ("label", "scene"):
            decisions.label(catalog, [ids[sha(int(what))]], {"label": "semantic_label"}.get(kind, kind), value)
        elif kind == "keep":
            keep(catalog, ids[sha(int(what))])
        elif kind == "forget":
            forget_these(catalog, [ids[sha(int(what))]])
        elif what == "camera":
            decisions.set_camera_type(catalog, "Nobody", "N 1", CameraType(value))
        elif what == "clock":
            state_clock(catalog, "Apple|iPhone X", "Canon|Canon EOS 40D", value)
        else:
            decisions.decide(catalog, value, phone, other)


def everything(catalog: Catalog) -> list[Any]:
    """All that decisions of any kind change, by content."""
    photos = sorted(
        (row["sha256"], row["semantic_label"], row["scene"], row["subject_idx"] is None)
        for row in catalog_rows(catalog)
    )
    clocks = [(row.camera_a, row.camera_b, row.seconds) for row in clock_offsets(catalog)]
    types = {key: kind.value for key, kind in catalog.cameras.overrides().items()}
    gone = {row[0] for row in catalog.connection.execute("SELECT sha256 FROM forgotten")}
    pairs = {pair: status for pair, status in verdicts(catalog).items() if not gone & {*pair}}
    return [
        photos,
        sorted(pairs.items()),
        clocks,
        types,
        remarks(catalog),
        {Path(os.fsdecode(path)).name for path in kept(catalog)},
    ]


def catalog_rows(catalog: Catalog) -> list[Any]:
    """The label rows with the scene, which sets do not have."""
    return catalog.connection.execute("SELECT sha256, semantic_label, scene, subject_idx FROM label").fetchall()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sets(st.sampled_from(sorted(TRUTH))), min_size=3, max_size=3),
    st.sampled_from(
        [{}, {"label 4": "dog"}, {"2+3": "accept"}, {"clock": 9.0}, {"camera": "dslr"}, {"note 2+3": "sharp"}]
    ),
)
def test_logs_merge_in_any_order(tmp_path: Path, sides: list[set[str]], other: Decided) -> None:
    """Three logs, one after the other in any order, or as one file, give one state; what the last one differs in is a conflict
    in every order; a second import and an import of a copy's own log change nothing."""
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    logs = []
    for number, names in enumerate(sides):
        with workspace(folder / f"side{number}", shift=number) as catalog:
            more = other if number == 2 else {}
            decide_all(
                catalog, {name: value for name, value in {**TRUTH, **more}.items() if name in names | more.keys()}
            )
            logs.append(written(catalog, folder / f"{number}.jsonl"))
    differs = any(name in names and other[name] != TRUTH[name] for name in other for names in sides[:2])
    states = []
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        with workspace(folder / "".join(map(str, order)), shift=7) as catalog:
            conflicts = [one for number in order for one in import_decisions(catalog, logs[number]).conflicts]
            assert bool(conflicts) == differs
            states.append(everything(catalog))
            again = [import_decisions(catalog, logs[number]) for number in order]
            assert not any(one.taken for one in again) and everything(catalog) == states[-1]
            own = import_decisions(catalog, written(catalog, folder / "own.jsonl"))
            assert not own.taken and not own.conflicts and not own.unknown
    if not differs:
        joined = folder / "joined.jsonl"
        joined.write_text("".join(log.read_text() for log in reversed(logs)))
        with workspace(folder / "joined", shift=7) as catalog:
            import_decisions(catalog, joined)
            states.append(everything(catalog))
        assert all(state == states[0] for state in states)


def test_a_log_restores_a_workspace(mine: Catalog, tmp_path: Path) -> None:
    """Decisions of all kinds come back in a new workspace on the same photos; one undo takes all of them back, and the summary
    says that they are under one's own name."""
    with mine.transaction():
        twin = PhotoFacts(Status.OK, sha256=sha(7), format="JPEG", exif=Exif(make="Canon", model="Canon EOS 40D"))
        put_photo(mine, b"/mine/7-twin.jpg", twin, 1)
    decide_all(mine, TRUTH | {"10+11": "accept", "forget 10": True})
    keep(mine, mine.photo_ids_where("path LIKE '%twin.jpg'")[0])
    file = written(mine, tmp_path / "mine.jsonl")
    with workspace(tmp_path / "new") as new:
        with new.transaction():
            put_photo(new, b"/new/7-twin.jpg", twin, 1)
        before = everything(new)
        found = import_decisions(new, file)
        assert found.complete and everything(new) == everything(mine) and found.own_name == sum(found.taken.values())
        assert {kind for kind, number in found.taken.items() if number} == {*TAKEN}
        assert any("under your own name" in line for line in found.in_words())
        assert {os.path.basename(path) for path in kept(new)} == {b"7-twin.jpg"}
        assert decisions.undo(new) and everything(new) == before


def test_a_photo_that_was_decided_here_is_not_forgotten_unasked(mine: Catalog, theirs: Catalog, tmp_path: Path) -> None:
    """Forgotten there, paired here: a conflict; a photo about which nobody here decided anything is forgotten, and counted."""
    decide(mine, "0+1")
    decide_all(theirs, {"forget 0": True, "forget 2": True})
    with theirs.transaction():
        put_photo(theirs, b"/theirs/4-twin.jpg", PhotoFacts(Status.OK, sha256=sha(4), format="JPEG"), 1)
    forget_these(theirs, theirs.photo_ids_where("path LIKE '%twin.jpg'"))  # the other copy stays
    file = written(theirs, tmp_path / "theirs.jsonl")
    found = import_decisions(mine, file)
    assert (found.taken, [one.kind for one in found.conflicts]) == ({"forgotten": 1}, ["forget"])
    assert import_decisions(mine, file, "theirs").taken == {"forgotten": 1} and not verdicts_that_count(mine)
    assert decisions.undo(mine) and verdicts_that_count(mine) == 1


def verdicts_that_count(catalog: Catalog) -> int:
    """The number of accepted pairs."""
    return decisions.tally(catalog).accepted
