"""Folders that are no data sets: each is told apart, and the message names a way out that exists."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer.main
from PIL import Image

from curate.commands.program import app as curate_app
from tests.helpers.input_photos import paired_rows, picture, write_flat, write_set
from tracer import cli
from tracer.base.progress import finish
from tracer.dataset import open_set
from tracer.dataset.folders import run_folder
from tracer.embeddings.shards import Piece, Shards
from tracer.errors import NotASet, TracerError, UsageError
from tracer.evaluation.evaluate import evaluate
from tracer.evaluation.options import Options

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """What a curate workspace looks like from outside: previews in its cache, a set among its exports, a name with a blank."""
    root = tmp_path / "my workspace"
    for folder in ("cache", "exports", "runs"):
        (root / folder).mkdir(parents=True)
    (root / "workspace.toml").write_text("")
    (root / "catalog.sqlite").write_bytes(b"")
    for shard in ("0a", "1b"):
        write_flat(root / "cache" / "previews" / shard, 3)
    write_set(root / "exports" / "pairs", paired_rows(3))
    return root


def _run_of(root: Path) -> Path:
    """What a run folder looks like from outside."""
    write_flat(root / "plots", 2)
    write_flat(root / "thumbs", 2)
    (root / "results.json").write_text('{"rows": []}')
    return root


def _commands(message: str) -> list[list[str]]:
    """The commands that a message names: at the end of a line after a colon, or on a line of their own."""
    found = []
    for line in message.splitlines():
        text = line.strip() if line.startswith("  ") else line.rpartition(": ")[2]
        words = shlex.split(text) if text.startswith(("curate ", "tracer ")) else []
        if words:
            found.append(words)
    return found


def _parse(words: list[str]) -> None:
    """Read a command line as its program does, without running it."""
    group = typer.main.get_command(curate_app if words[0] == "curate" else cli.app)
    command = group.commands[words[1]]  # type: ignore[attr-defined]
    command.make_context(words[1], words[2:], resilient_parsing=False)


@pytest.mark.parametrize(
    "command", ["evaluate", "embed", "probe", "knn", "retrieve", "association", "similarity", "mitigate"]
)
def test_every_command_refuses_a_workspace(run: Run, workspace: Path, tmp_path: Path, command: str) -> None:
    """Exit 2, nothing is written, and the way out is the command that evaluates a workspace."""
    code, out, err = run(command, workspace, "-o", tmp_path / "run")
    assert (code, out) == (2, "")
    assert "is a curate workspace" in err
    assert _commands(err) == [["curate", "evaluate", str(workspace)]]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("inside", ["cache", "cache/previews", "cache/previews/0a", "runs"])
def test_a_folder_of_a_workspace_is_refused(workspace: Path, inside: str) -> None:
    """Previews are no data set, wherever one looks into the cache; the message leads to the workspace."""
    with pytest.raises(NotASet, match="curate workspace") as refused:
        open_set(workspace / inside)
    [words] = _commands(refused.value.way_out)
    assert words == ["curate", "evaluate", str(workspace)]
    _parse(words)


def test_exports_and_photos_in_a_workspace_are_sets(workspace: Path) -> None:
    """An export is a set, a folder of photos beside it too, and so is what curate itself embeds from a hidden folder."""
    assert len(open_set(workspace / "exports" / "pairs")) == 7
    assert len(open_set(write_flat(workspace / "photos", 4))) == 4
    assert len(open_set(write_flat(workspace / "cache" / "embeddings" / ".run-1" / "previews", 2))) == 2


def test_a_folder_of_sets_names_them(workspace: Path, tmp_path: Path) -> None:
    """Several sets below, with metadata or with parts: all are named, and the way out is one of them."""
    write_set(tmp_path / "many" / "first", paired_rows(2))
    for part in ("train", "val"):
        write_flat(tmp_path / "many" / "second" / part / "cats", 2)
    for folder, names in ((tmp_path / "many", "first, second"), (workspace / "exports", "pairs")):
        with pytest.raises(NotASet, match=names) as refused:
            open_set(folder)
        [words] = _commands(refused.value.way_out)
        _parse(words)
        assert len(open_set(words[2])) > 0


@pytest.mark.parametrize("inside", ["images", "images/deep", "splits"])
def test_a_folder_of_a_set_leads_to_the_set(run: Run, tmp_path: Path, inside: str) -> None:
    """The photos of a set lie in a folder without labels; the message names the set, and the command that evaluates it."""
    place = write_set(tmp_path / "my set", paired_rows(3))
    for folder in ("images/deep", "splits"):
        (place / folder).mkdir()
    picture(1).save(place / "images" / "deep" / "1.jpg")
    with (place / "metadata.jsonl").open("a") as table:
        table.write('{"file_name": "images/deep/1.jpg"}\n')
    code, out, err = run("evaluate", place / inside, "-o", tmp_path / "run")
    assert (code, out) == (2, "")
    assert f"{place / inside} is the {inside} folder of the data set {place}" in err
    assert _commands(err) == [["tracer", "evaluate", str(place), "-o", "RUN"]]
    [words] = _commands(err)
    _parse(words)


def test_photos_below_a_table_that_does_not_name_them_are_a_set(tmp_path: Path) -> None:
    """A metadata file further up makes nothing a part of a set that it does not name, nor does one that cannot be read."""
    (tmp_path / "metadata.csv").write_text("file_name\nimages/1.jpg\n")
    assert len(open_set(write_flat(tmp_path / "holiday", 4))) == 4
    (tmp_path / "metadata.csv").write_text("name\n1.jpg\n")
    assert len(open_set(tmp_path / "holiday")) == 4


def test_a_run_is_no_set(tmp_path: Path) -> None:
    """Plots and thumbnails are no photos: the run is refused, and so is each of its folders; so are bare embeddings."""
    done = _run_of(tmp_path / "run")
    for folder in (done, done / "plots", done / "thumbs"):
        with pytest.raises(NotASet, match="run folder") as refused:
            open_set(folder)
        [words] = _commands(refused.value.way_out)
        _parse(words)
        assert words == ["tracer", "report", str(done)]
    bare = tmp_path / "bare"
    (bare / "embeddings" / "small").mkdir(parents=True)
    (bare / "embeddings" / "small" / "model=a_variant=b.safetensors").write_bytes(b"")
    with pytest.raises(NotASet, match="run folder"):
        open_set(bare)


def test_an_unfinished_set_is_refused(tmp_path: Path) -> None:
    """`<set>.partial` is being written, whatever is in it already."""
    with pytest.raises(NotASet, match="an unfinished data set") as refused:
        open_set(write_set(tmp_path / "my set.partial", paired_rows(2)))
    [words] = _commands(refused.value.way_out)
    _parse(words)
    assert words[:3] == ["curate", "export", str(tmp_path / "my set")]


def test_other_folders_below_a_set_are_left_out_and_listed(workspace: Path, tmp_path: Path) -> None:
    """A run and a workspace among class folders give no photos and no classes."""
    root = tmp_path / "classes"
    for name in ("cats", "dogs"):
        write_flat(root / name, 3, first=1 + 10 * (name == "dogs"))
    _run_of(root / "run")
    shutil.copytree(workspace, root / "kept" / "workspace")
    found = open_set(root)
    assert sorted(set(found.table["semantic_label"])) == ["cats", "dogs"]
    assert len(found) == 6
    assert {(p.path, p.reason.partition(",")[0]) for p in found.problems} == {
        ("run", "a run folder"),
        ("kept/workspace", "a curate workspace"),
    }


def test_a_metadata_file_makes_a_set_of_any_folder(tmp_path: Path) -> None:
    """A set into which somebody once wrote a run stays a set."""
    root = write_set(tmp_path / "set", paired_rows(3))
    _run_of(root)
    assert len(open_set(root)) == 7


def _with_exif(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "Canon EOS 40D"
    for number in range(1, count + 1):
        picture(number).save(folder / f"{number}.jpg", exif=exif)
    return folder


def test_photos_without_labels_lead_to_curate(run: Run, tmp_path: Path) -> None:
    """A flat folder of plain photos: what was found, why nothing can be measured, and three commands that parse."""
    folder = _with_exif(tmp_path / "my photos", 3)
    code, out, err = run("evaluate", folder, "-o", tmp_path / "run")
    assert (code, out) == (1, "")
    assert "3 photos without labels" in err
    assert "Canon Canon EOS 40D" in err
    commands = _commands(err)
    assert [words[1] for words in commands] == ["new", "ingest", "evaluate"]
    assert commands[1][2] == str(folder)
    for words in commands:
        _parse(words)
    assert not (tmp_path / "run").exists()
    code, out, _ = run("embed", folder, "-o", tmp_path / "run", "--encoders", "baseline/colour")
    assert code == 0
    assert out.startswith("3 photos, 1 encoder, 1 file in ")


def test_one_photo_is_one_photo(run: Run, tmp_path: Path) -> None:
    """A stray picture without EXIF: a count that agrees with its noun, and what a set looks like."""
    code, _, err = run("evaluate", write_flat(tmp_path / "stray", 1), "-o", tmp_path / "run")
    assert code == 1
    assert "1 photo without labels" in err
    assert "metadata.csv" in err
    assert "curate" not in err


def test_processings_are_probed_without_labels(run: Run, tmp_path: Path) -> None:
    """A flat folder is enough where what is asked for is in no column."""
    words = (
        "--processing",
        "JPEG75_420,JPEG95_444",
        "--encoders",
        "baseline/colour",
        "--protocol",
        "fast",
        "--draws",
        1,
    )
    code, out, _ = run("probe", write_flat(tmp_path / "flat", 24), "-o", tmp_path / "run", *words, "--format", "jsonl")
    assert code == 0
    assert '"setting": "processing"' in out


@pytest.mark.parametrize("what", ["set", "workspace", "photos", "file", "below a file"])
def test_results_are_written_into_no_other_folder(run: Run, workspace: Path, tmp_path: Path, what: str) -> None:
    """`-o` takes a new folder, an empty one or a run: anything else is a usage error, and stays as it was."""
    (tmp_path / "file").write_text("x")
    places = {
        "set": write_set(tmp_path / "set", paired_rows(2)), "workspace": workspace, "photos": write_flat(tmp_path / "p", 2),
        "file": tmp_path / "file", "below a file": tmp_path / "file" / "run",
    }  # fmt: skip
    before = sorted(tmp_path.rglob("*"))
    for command in ("evaluate", "embed", "retrieve"):
        code, out, err = run(command, places["set"], "-o", places[what], "--encoders", "baseline/colour")
        assert (code, out) == (2, "")
        assert "-o" in err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "held",
    ["photos.parquet", "results.json", "results.parquet", "report.html", "plots/a.png", "embeddings/x.safetensors"],
)
def test_files_of_a_runs_names_do_not_make_a_run(run: Run, tmp_path: Path, held: str) -> None:
    """Somebody's own file that is called like one of a run is neither overwritten nor deleted, in every command."""
    folder, data = tmp_path / "work", write_set(tmp_path / "set", paired_rows(2))
    (folder / held).parent.mkdir(parents=True)
    (folder / held).write_bytes(b'{"rows": [{"mine": 1}]}')
    for command in ("evaluate", "embed", "probe", "knn", "retrieve", "association", "similarity", "mitigate"):
        code, out, err = run(command, data, "-o", folder)
        assert (code, out) == (2, ""), command
        assert held.partition("/")[0] in err
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / held]
    assert (folder / held).read_bytes() == b'{"rows": [{"mine": 1}]}'


@pytest.mark.parametrize("name", ["photos.parquet", "results.json", "report.html"])
def test_a_file_that_comes_during_the_evaluation_is_not_overwritten(tmp_path: Path, name: str) -> None:
    """Nothing is written to the folder then; what is embedded is kept for the next time."""
    options = Options(encoders=("baseline/colour",), experiments=("retrieval",))
    work = evaluate(write_set(tmp_path / "set", paired_rows(8)), tmp_path / "run", options)
    next(work)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).write_text("mine")
    with pytest.raises(TracerError, match="changed during the evaluation") as caught:
        finish(work)
    assert name in str(caught.value)
    assert (tmp_path / "run" / name).read_text() == "mine"
    assert not (tmp_path / "run" / "results.parquet").exists()
    (tmp_path / "run" / name).unlink()
    assert finish(evaluate(tmp_path / "set", run_folder(tmp_path / "run"), options)).rows


def test_a_link_that_comes_during_the_evaluation_is_not_followed(tmp_path: Path) -> None:
    """The run's folder is replaced by a link to another one: no results go there."""
    options = Options(encoders=("baseline/colour",), experiments=("retrieval",))
    work = evaluate(write_set(tmp_path / "set", paired_rows(8)), tmp_path / "run", options)
    for _ in range(3):
        next(work)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").rename(tmp_path / "moved") if (tmp_path / "run").exists() else None
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TracerError, match="it was replaced by a link"):
        finish(work)
    assert not (tmp_path / "elsewhere" / "results.json").exists()


def test_what_somebody_put_among_the_shards_stays(tmp_path: Path) -> None:
    """When the pieces are done with, only they are deleted."""
    shards = Shards(tmp_path / "run" / "shards" / "set" / "IDENTITY" / "model=a_variant=b", "key", 70)
    for index in range(shards.count):
        rows = np.arange(len(shards.rows(index)))
        shards.write(index, Piece(rows, np.ones((len(rows), 2), np.float32), {}))
    (shards.folder / "notes.txt").write_text("mine")
    shards.clear()
    assert [path.name for path in (tmp_path / "run").rglob("*") if path.is_file()] == ["notes.txt"]


def test_runs_may_be_written_to_again(tmp_path: Path) -> None:
    """A run, finished or begun, an empty folder and one that does not exist yet."""
    begun = tmp_path / "begun" / "shards" / "set"
    begun.mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".DS_Store").write_bytes(b"")
    _run_of(tmp_path / "done")
    (tmp_path / "done" / "log.txt").write_text("")
    for name in ("begun", "empty", "done", "new/run"):
        assert run_folder(tmp_path / name) == tmp_path / name
    with pytest.raises(UsageError):
        run_folder(tmp_path)


@pytest.mark.parametrize("place", ["/proc/run", "/proc/new/run", "a" * 300])
def test_a_run_folder_that_cannot_be_made_is_refused_before_the_work(tmp_path: Path, place: str) -> None:
    """The message says what, why and what to do; where a folder can be made, nothing is left of the attempt."""
    if place.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("there is no /proc")
    with pytest.raises(TracerError, match=r"cannot be made: (No such file|File name too long)") as refused:
        run_folder(tmp_path / place)
    assert refused.value.way_out == "Name a folder with -o that can be written."
    run_folder(tmp_path / "new" / "run")
    assert not list(tmp_path.iterdir())


def test_messages_have_a_way_out(tmp_path: Path, workspace: Path) -> None:
    """Each refusal says what, why and what to do."""
    for folder in (workspace, workspace / "cache", workspace / "exports", _run_of(tmp_path / "run")):
        with pytest.raises(TracerError) as refused:
            open_set(folder)
        assert refused.value.what
        assert refused.value.why
        assert refused.value.way_out
